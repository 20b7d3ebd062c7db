import type { Skip, Tensor, Warning } from "@drum/tensor";
import type { DatedReference } from "./history.ts";
import type { AdapterName } from "./mix.ts";

/** How a profile's coreset was drawn. It is drawn in the same way when the profile is extended. */
export interface Sampling {
	/** Share of the history, in (0, 1]. */
	readonly ratio?: number | undefined;
	/** Number of prompts, instead of a ratio. */
	readonly size?: number | undefined;
	/** Seed of the first draw. */
	readonly seed: number;
	/** Days after which an intensity counts half; undefined if age does not count. */
	readonly halfLife?: number | undefined;
}

/** The references' raw hidden states from one encoder at one skip. */
export interface ProfileStates {
	readonly encoder: AdapterName;
	readonly skip: Skip;
	/** `[references, tokens, width]`. */
	readonly hidden: Tensor<"float32">;
}

/** The content of a profile. */
export interface ProfileParts {
	/** The whole history, oldest first. */
	readonly history: readonly DatedReference[];
	/** Text features of the history rows, which the coreset is drawn from: `[history, width]`. */
	readonly features: Tensor<"float32">;
	/** The coreset of the likes: row numbers of `history`, in the order of Algorithm 1. */
	readonly coreset: readonly number[];
	/** Hidden states of the coreset's prompts, for each encoder and skip of the mix. */
	readonly states: readonly ProfileStates[];
	/** The coreset of the dislikes; empty if there are none. */
	readonly negativeCoreset?: readonly number[] | undefined;
	/** Hidden states of the negative coreset; empty if there are no dislikes. */
	readonly negativeStates?: readonly ProfileStates[] | undefined;
	/** The fingerprint of each encoder that made it. */
	readonly fingerprints: Readonly<Record<string, string>>;
	readonly sampling: Sampling;
	readonly warnings?: readonly Warning[] | undefined;
}
