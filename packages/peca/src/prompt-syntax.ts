import { ArgumentError, latePart, shown } from "@drum/tensor";
import type { Encoders, Mix } from "./mix.ts";
import type { PromptSet, ReadOptions } from "./read-prompts.ts";
import type { Readings } from "./weighted-rows.ts";

/** How prompts are read: as they are; or as A1111's web UI reads them, with weights and in chunks. */
export type PromptSyntax = "plain" | "a1111";
export const PROMPT_SYNTAXES: readonly PromptSyntax[] = ["plain", "a1111"];

/** @throws ArgumentError for another syntax. */
export function checkSyntax(syntax: PromptSyntax | undefined = "plain"): PromptSyntax {
	if (PROMPT_SYNTAXES.includes(syntax)) return syntax;
	throw new ArgumentError({
		what: "promptSyntax",
		expected: `one of ${PROMPT_SYNTAXES.join(", ")}`,
		found: shown(syntax),
	});
}

const reader = latePart(() => import("./read-prompts.ts"));

/** Loads what reads a call's syntax, after which `readPrompts` waits for nothing. */
export async function loadPromptReader(syntax: PromptSyntax | undefined): Promise<void> {
	if (syntax === "a1111") await reader();
}

/** As `readPrompts` of read-prompts.ts, which is loaded when a call first asks for it. */
export async function readPrompts(
	mix: Mix,
	encoders: Encoders,
	sets: readonly PromptSet[],
	options: ReadOptions = {},
): Promise<Readings[]> {
	const { readPrompts } = await reader();
	return readPrompts(mix, encoders, sets, options);
}
