import { type Command, Option } from "commander";
import { integer, within } from "./numbers.ts";

/** How much of a history is kept. */
export interface SamplingOptions {
	ratio?: number;
	size?: number;
	halfLife?: number;
}

/** What a profile keeps without either. */
export const PROFILE_SHARE = "a tenth, at least 8 prompts";

/** `share` says what is kept without either option. */
export function addSampling(command: Command, share: string): Command {
	const ratio = within("a number above 0, up to 1", (value) => value > 0 && value <= 1);
	return command
		.addOption(
			new Option("--ratio <r>", `part of the history to keep (default: ${share})`).argParser(ratio).conflicts("size"),
		)
		.option("--size <n>", "or how many prompts to keep", integer(1, Number.MAX_SAFE_INTEGER));
}

/** Recency, where a profile is made. */
export function addHalfLife(command: Command): Command {
	return command.option(
		"--half-life <days>",
		"after this many days an intensity counts half; every prompt needs a time, `at` (default: age does not count)",
		within("a number of days above 0", (value) => value > 0),
	);
}

/** The seed of the coreset's first draw, which NumPy limits to 32 bits. */
export const coresetSeed = integer(0, 2 ** 32 - 1);
