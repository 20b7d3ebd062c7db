import type { LoraOptions } from "./personalizable.ts";

/** How a profile is made. */
export interface ProfileOptions extends LoraOptions {
	/**
	 * Share of the history to keep, in (0, 1]; the number of prompts is rounded, and at least 1. Default: a tenth, as in the paper, but at
	 * least 8 prompts, or all if there are fewer. This minimum does not apply to a given ratio, not even 0.1.
	 */
	ratio?: number | undefined;
	/** How many prompts to keep, instead of `ratio`: an integer from 1. The same `size` or `ratio` applies separately to disliked prompts. */
	size?: number | undefined;
	/**
	 * Days after which an intensity counts half: it is multiplied by 2^(−age / halfLife), for the coreset and for the guidance. The age is the
	 * time to the newest entry among the likes, or among the dislikes. Each entry needs a time, `at`. Not in the paper. Default `Infinity`:
	 * age does not count.
	 */
	halfLife?: number | undefined;
	/** Seed of the coreset's first draw, as in NumPy: an integer from 0 to 2^32 − 1. Default 42. */
	seed?: number | undefined;
	/** Cancels the call, which then throws the signal's reason. */
	signal?: AbortSignal | undefined;
	/** Called as prompts are encoded and as the coreset is drawn. */
	onProgress?: ((progress: ProfileProgress) => void) | undefined;
}

/** Progress of one step in making a profile. */
export interface ProfileProgress {
	/** The step: encoding prompts, drawing the coreset, or collecting its conditions. */
	station: "embeddings" | "coreset" | "profile";
	/** Prompts that are done; in `profile`, prompts times encoders. */
	done: number;
	/** All of them. */
	total: number;
}
