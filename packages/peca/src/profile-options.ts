import type { LoraOptions } from "./personalizable.ts";

export interface ProfileOptions extends LoraOptions {
	/**
	 * Part of the history to keep, in (0, 1], rounded; at least one prompt. Default: a tenth, as the paper's, but at least 8 prompts, or
	 * all where there are fewer. A ratio that is given, also 0.1, means just what it says.
	 */
	ratio?: number | undefined;
	/** Or how many prompts to keep. */
	size?: number | undefined;
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
