import type { Value } from "@drum/graph";

/** How a picture looks at itself: queries, keys and values `[batch, tokens, width]`, before the output's projection. */
export type SelfAttention = (q: Value, k: Value, v: Value, options: { heads: number; depth: number }) => Value;

/** What the network looks at in one step. */
export interface UNetInputs {
	/** `[batch, in_channels, height, width]`, or with `copies` `[pictures, …]`. */
	sample: Value;
	/** Sines and cosines of the timestep, `[1, block_out_channels[0]]`; the timestep itself, `[1, 1]`, for a Fourier embedding. */
	timestep: Value;
	/** Sines and cosines of the guidance scale, for a model that was distilled with it: `[1, time_cond_proj_dim]`. */
	guidance?: Value | undefined;
	/** For SDXL, pooled text and the sines and cosines of its time ids: `[1, projection_class_embeddings_input_dim]`. */
	added?: Value | undefined;
	/** The condition: `[batch, tokens, width]`. */
	encoderHiddenStates: Value;
	/**
	 * Batch over pictures, int64 `[1]`: each picture is denoised under so many conditions. Up to the first look at a
	 * condition all of them are one computation, which saves 3 % of a guided step.
	 */
	copies?: Value | undefined;
	/** Takes the place of plain attention where a picture looks at itself; the weights are the same. */
	selfAttention?: SelfAttention | undefined;
}

/** What every block gets besides the picture. */
export interface BlockInputs {
	/** The time embedding, `[1, width]`; with its activation, which resnets begin with. */
	time: Value;
	activatedTime: Value;
	/** `[batch, tokens, width]`. */
	condition: Value;
	/** What was the same for all conditions, as often as there are conditions. */
	widen(x: Value): Value;
	/** Takes the place of plain attention where a picture looks at itself. */
	selfAttention?: SelfAttention | undefined;
}
