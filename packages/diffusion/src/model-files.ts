import type { WeightSource } from "@drum/graph";

/** What a denoiser or an autoencoder is loaded from. */
export interface ModelFiles {
	/** Names the model in errors. */
	name: string;
	/** `config.json`, parsed. */
	config: unknown;
	/** The weights: an opened `Checkpoint` of `@drum/tensor`. */
	checkpoint: WeightSource;
}
