import type { Skip, Tensor, Warning } from "@drum/tensor";
import type { Reference } from "./history.ts";
import type { AdapterName } from "./mix.ts";

/** How a profile's coreset was drawn, and is drawn again when the profile grows. */
export interface Sampling {
	/** Part of the history, in (0, 1]. */
	readonly ratio?: number | undefined;
	/** Or a number of prompts. */
	readonly size?: number | undefined;
	readonly seed: number;
}

/** The references' raw hidden states by one encoder at one skip: `[references, tokens, width]`. */
export interface ProfileStates {
	readonly encoder: AdapterName;
	readonly skip: Skip;
	readonly hidden: Tensor<"float32">;
}

export interface ProfileParts {
	/** Everything the user asked for, oldest first. */
	readonly history: readonly Reference[];
	/** Text feature of each history row, from which the coreset is drawn: `[history, width]`. */
	readonly features: Tensor<"float32">;
	/** The coreset: rows of `history`, in the order taken. */
	readonly coreset: readonly number[];
	readonly states: readonly ProfileStates[];
	readonly fingerprints: Readonly<Record<string, string>>;
	readonly sampling: Sampling;
	readonly warnings?: readonly Warning[] | undefined;
}
