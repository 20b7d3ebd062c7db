import { ArgumentError, latePart, shown } from "@drum/tensor";
import type { Encoders, Mix } from "./mix.ts";
import type { PromptSet, ReadOptions } from "./read-prompts.ts";
import type { Readings } from "./weighted-rows.ts";

/** How prompts are read: as plain text, or as A1111's web UI reads them, with weights and in chunks. */
export type PromptSyntax = "plain" | "a1111";
/** All values of `PromptSyntax`. */
export const PROMPT_SYNTAXES: readonly PromptSyntax[] = ["plain", "a1111"];

/** Checks the option `promptSyntax`; default `"plain"`. @throws ArgumentError for another value */
export function checkSyntax(syntax: PromptSyntax | undefined = "plain"): PromptSyntax {
	if (PROMPT_SYNTAXES.includes(syntax)) return syntax;
	throw new ArgumentError({
		what: "promptSyntax",
		expected: `one of ${PROMPT_SYNTAXES.join(", ")}`,
		found: shown(syntax),
	});
}

const reader = latePart(() => import("./read-prompts.ts"));

/** Loads the code that reads a syntax, so that `readPrompts` does not have to wait for it. */
export async function loadPromptReader(syntax: PromptSyntax | undefined): Promise<void> {
	if (syntax === "a1111") await reader();
}

/** As `readPrompts` of read-prompts.ts, which is loaded at the first call. @throws as that */
export async function readPrompts(
	mix: Mix,
	encoders: Encoders,
	sets: readonly PromptSet[],
	options: ReadOptions = {},
): Promise<Readings[]> {
	const { readPrompts } = await reader();
	return readPrompts(mix, encoders, sets, options);
}
