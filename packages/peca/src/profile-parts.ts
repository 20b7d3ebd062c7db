import type { Skip, Tensor, Warning } from "@drum/tensor";
import type { DatedReference } from "./history.ts";
import type { AdapterName } from "./mix.ts";

/** How a profile's coreset was drawn, and is drawn again when the profile grows. */
export interface Sampling {
	/** Part of the history, in (0, 1]. */
	readonly ratio?: number | undefined;
	/** Or a number of prompts. */
	readonly size?: number | undefined;
	readonly seed: number;
	/** Days after which an intensity counts half as much; absent where age does not count. */
	readonly halfLife?: number | undefined;
}

/** The references' raw hidden states by one encoder at one skip: `[references, tokens, width]`. */
export interface ProfileStates {
	readonly encoder: AdapterName;
	readonly skip: Skip;
	readonly hidden: Tensor<"float32">;
}

export interface ProfileParts {
	/** Everything the user asked for, oldest first. */
	readonly history: readonly DatedReference[];
	/** Text feature of each history row, from which the coreset is drawn: `[history, width]`. */
	readonly features: Tensor<"float32">;
	/** The coreset of what is liked: rows of `history`, in the order taken. */
	readonly coreset: readonly number[];
	readonly states: readonly ProfileStates[];
	/** The coreset of what is disliked, by itself; empty where nothing is. */
	readonly negativeCoreset?: readonly number[] | undefined;
	/** Its hidden states `[dislikes, tokens, width]`; none where nothing is disliked. */
	readonly negativeStates?: readonly ProfileStates[] | undefined;
	readonly fingerprints: Readonly<Record<string, string>>;
	readonly sampling: Sampling;
	readonly warnings?: readonly Warning[] | undefined;
}
