import { namesOf } from "@drum/tensor";
import type { Device } from "../device.ts";
import type { LayerError } from "../layer-errors.ts";
import type { WeightSource } from "../weight-source.ts";
import type { WeightDtype } from "./formats.ts";

/** How far quantising has come. */
export interface QuantizeProgress {
	/** The matrix at work. */
	tensor: string;
	/** Bytes of the checkpoint's matrices that are done. */
	loaded: number;
	total: number;
}

/** How a model's weights are held, for what loads one. */
export interface WeightOptions {
	/**
	 * `"int8"` and `"int4"` are made of the file's own weights when they are first needed, and kept for the next time.
	 * Default `"auto"`: as the file has them.
	 */
	dtype?: WeightDtype | undefined;
	/** Where quantised weights are kept. Default `drum/quantized` in `HF_HOME`, or in `~/.cache/huggingface`. */
	cacheFolder?: string | undefined;
	/** Called as weights are quantised. */
	onQuantize?: ((progress: QuantizeProgress) => void) | undefined;
	/**
	 * Compares instead of quantising. The model computes with the stored weights, and each layer that would be quantised is computed in both
	 * forms, from the same inputs. Called with each run's errors. Takes the memory of both forms.
	 */
	onLayerErrors?: ((errors: readonly LayerError[]) => void) | undefined;
}

export interface QuantizeOptions extends WeightOptions {
	/** Builds the model over the weights given. It is called once with the checkpoint's, to learn which of them are matrices to multiply with. */
	build: (weights: WeightSource) => unknown;
	/** Where the model runs. Default `"cpu"`, the one with products in int8: others hold matrices in 8 bits, and compute in float. */
	device?: Device | undefined;
	/** Whether the model's inputs to layers have a few channels a hundred times as large as the others, as T5's have. Default false. */
	outliers?: boolean | undefined;
	/** Weights that stay as they are, besides those that always do. */
	keeps?: ((tensor: string) => boolean) | undefined;
	signal?: AbortSignal | undefined;
}

export const QUANTIZE_OPTIONS = namesOf<QuantizeOptions>({
	build: true,
	device: true,
	outliers: true,
	keeps: true,
	signal: true,
	dtype: true,
	cacheFolder: true,
	onQuantize: true,
	onLayerErrors: true,
});
