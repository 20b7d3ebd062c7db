import type { LoraOptions } from "./personalizable.ts";

export interface ProfileOptions extends LoraOptions {
	/**
	 * Part of the history to keep, in (0, 1], rounded; at least one prompt. Default: a tenth, as the paper's, but at least 8 prompts, or
	 * all where there are fewer. A ratio that is given, also 0.1, means just what it says.
	 */
	ratio?: number | undefined;
	/** Or how many prompts to keep. Of disliked prompts as many are kept, or the same part, by themselves. */
	size?: number | undefined;
	/**
	 * Recency: an intensity counts half after so many days, 2^(−age / halfLife), in the coreset and in the guidance. Age is counted from the
	 * newest entry on its side, and each entry needs a time, `at`. Not in the paper. Default: age does not count, which is also what
	 * `Infinity` says.
	 */
	halfLife?: number | undefined;
	/** Seed of the coreset's first draw, as NumPy's. Default 42. */
	seed?: number | undefined;
	signal?: AbortSignal | undefined;
	/** Called as prompts are encoded and as the coreset is drawn. */
	onProgress?: ((progress: ProfileProgress) => void) | undefined;
}

export interface ProfileProgress {
	station: "embeddings" | "coreset" | "profile";
	done: number;
	total: number;
}
