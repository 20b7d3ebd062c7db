import type { ScaledLora } from "@drum/graph";
import type { Tensor } from "@drum/tensor";

/** What a denoiser looks at in one step. */
export interface DenoiserFeeds {
	/** `[pictures, channels, height, width]`, scaled as the scheduler says; with `maskChannels` after them, where the denoiser takes them. */
	sample: Tensor<"float32">;
	/** The schedule's: 0 to 1000. */
	timestep: number;
	/**
	 * The conditions `[n · pictures, tokens, width]`: each picture is denoised under `n` of them, all pictures under the first, then
	 * all under the next.
	 */
	encoderHiddenStates: Tensor<"float32">;
	/** The pooled conditions `[n · pictures, width]`, for a denoiser with a `pooledWidth`. */
	pooledProjections?: Tensor<"float32"> | undefined;
	/** SDXL's sizes and places of the crop, in pixels: `[n · pictures, 6]`. */
	timeIds?: Tensor<"float32"> | undefined;
	/** Guidance that the model was distilled with, where it was. */
	guidance?: number | undefined;
	/**
	 * Blocks, from 0, that some calls of a run go without, and whether this one does, for a denoiser that tells its `layers`. All calls of the
	 * run have it, since the network is built for it at the first.
	 */
	layerSkip?: { readonly layers: readonly number[]; readonly skip: boolean } | undefined;
	/** LoRAs, for a network that takes them; with others than in the step before it is loaded anew, with other scales it is not. */
	loras?: readonly ScaledLora[] | undefined;
}
