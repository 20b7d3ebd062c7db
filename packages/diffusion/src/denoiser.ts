import type { TakesLoras } from "@drum/graph";
import type { Tensor, Warning } from "@drum/tensor";
import type { Cache, CacheMethod } from "./cache/cache.ts";
import type { CachedCalls } from "./cache/cached-calls.ts";
import type { DenoiserFeeds } from "./denoiser-feeds.ts";

/** A foundation model's network: what is denoised, under a text condition. */
export interface Denoiser extends AsyncDisposable, Partial<TakesLoras> {
	/** Of its latents. */
	readonly channels: number;
	/**
	 * Channels that an inpainting network takes after the latents': the mask, 1 where the picture is drawn anew, and the latents of the
	 * picture without that part. Undefined for others.
	 */
	readonly maskChannels?: number | undefined;
	/** The latents' extents that it was trained for. */
	readonly sampleSize: readonly [height: number, width: number];
	/** Latents along a side come in multiples of this. */
	readonly multiple: number;
	/** Latents along a side are at most so many, where the network has places for no more. */
	readonly maxExtent?: number | undefined;
	/** Of the condition. */
	readonly width: number;
	/** Of the pooled condition; undefined for a network that takes none. */
	readonly pooledWidth: number | undefined;
	/** Blocks that can be left out by `layerSkip`; undefined where none can. */
	readonly layers?: number | undefined;
	/** How a run of its calls can leave out work, by `cached`; undefined where it cannot. */
	readonly caches?: readonly CacheMethod[] | undefined;
	/** Branches of DeepCache, where it can have that. */
	readonly branches?: number | undefined;
	/** Whether it was distilled with guidance; where that is false, `guidance` has no effect. */
	readonly takesGuidance?: boolean | undefined;
	/** What was found when it was opened, such as weights that it does not use. */
	readonly warnings?: readonly Warning[] | undefined;
	/**
	 * One step: what the network predicts, noise or velocity, `[n · pictures, channels, height, width]`.
	 * @throws ArgumentError when a shape is not one the network takes; DeviceError when the device cannot run it; CheckpointError
	 * when a weight turns out to be no number; the signal's reason.
	 */
	predict(feeds: DenoiserFeeds, options?: { signal?: AbortSignal | undefined }): Promise<Tensor<"float32">>;
	/**
	 * What predicts in its place in one run whose later calls take work from earlier ones: those of the same `encoderHiddenStates`, as an
	 * object, in the call before. Nothing of it stays in the denoiser.
	 * @param steps the step of each call, from 0, as DeepCache counts them
	 * @throws ArgumentError for a cache that is not of `caches`.
	 */
	cached?(cache: Cache, steps: readonly number[], options?: { signal?: AbortSignal | undefined }): Promise<CachedCalls>;
	/** Frees the weights' memory; a later step reads them again. */
	release(): Promise<void>;
}
