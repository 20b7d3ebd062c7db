import { ArgumentError, shown } from "@drum/tensor";

/**
 * Returns one prompt or several as a list. Any string is a prompt, even an empty one.
 * @throws ArgumentError for anything else, and for an empty list
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
