import { inspect } from "node:util";
import { ArgumentError } from "@drum/tensor";

/**
 * One prompt or several, as a list. Any string is a prompt, also an empty one.
 * @throws ArgumentError for anything else, and for an empty list.
 */
export function checkPrompts(prompt: string | readonly string[]): readonly string[] {
	const prompts = typeof prompt === "string" ? [prompt] : prompt;
	if (Array.isArray(prompts) && prompts.length > 0 && prompts.every((each) => typeof each === "string")) return prompts;
	throw new ArgumentError({
		what: "prompt",
		expected: "a string, or a list of at least one string",
		found: shown(prompt),
	});
}

/** Whatever a caller gave, in one short line. */
export function shown(value: unknown): string {
	return inspect(value, { depth: 1, maxArrayLength: 5, maxStringLength: 100, breakLength: Number.POSITIVE_INFINITY });
}
