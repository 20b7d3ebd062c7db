import type { Value } from "@drum/graph";

/** A picture's attention to itself, of queries, keys and values `[batch, tokens, width]`, before the output projection. */
export type SelfAttention = (q: Value, k: Value, v: Value, options: { heads: number; depth: number }) => Value;

/** The network's inputs for one step. */
export interface UNetInputs {
	/** `[batch, in_channels, height, width]`, or with `copies` `[pictures, …]`. */
	sample: Value;
	/** Sines and cosines of the timestep, `[1, block_out_channels[0]]`, or the timestep `[1, 1]` for a Fourier embedding. */
	timestep: Value;
	/** Sines and cosines of the guidance scale, for a model distilled with guidance: `[1, time_cond_proj_dim]`. */
	guidance?: Value | undefined;
	/** For SDXL, pooled text and the sines and cosines of its time ids: `[1, projection_class_embeddings_input_dim]`. */
	added?: Value | undefined;
	/** The condition: `[batch, tokens, width]`. */
	encoderHiddenStates: Value;
	/**
	 * The number of conditions for each picture, int64 `[1]`. Everything before the first attention to a condition is computed once for all of them,
	 * which saves 3 % of a guided step.
	 */
	copies?: Value | undefined;
	/** Replaces the plain attention of a picture to itself. The weights are the same. */
	selfAttention?: SelfAttention | undefined;
}

/** What every block takes in addition to the picture. */
export interface BlockInputs {
	/** The time embedding, `[1, width]`, without and with the activation that resnets begin with. */
	time: Value;
	activatedTime: Value;
	/** `[batch, tokens, width]`. */
	condition: Value;
	/** Repeats a value that is the same for all conditions, once for each. */
	widen(x: Value): Value;
	/** Replaces the plain attention of a picture to itself. */
	selfAttention?: SelfAttention | undefined;
}
