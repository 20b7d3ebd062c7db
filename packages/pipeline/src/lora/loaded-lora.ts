import type { LoraLayers } from "@drum/graph";
import type { Warning } from "@drum/tensor";
import type { OneFileOptions } from "../sources/one-file.ts";

export interface LoadLoraOptions extends OneFileOptions {
	/** The name in the option `loras` of calls. Default: the last part of its source, without `.safetensors`. */
	name?: string | undefined;
	/** Its strength in calls without `loras`. Default 1. */
	scale?: number | undefined;
}

/** A LoRA that a pipeline has. */
export interface LoadedLora {
	readonly name: string;
	/** Its source, as given to `loadLora`. */
	readonly source: string;
	readonly weightName?: string | undefined;
	/** Its strength in calls without `loras`. */
	readonly scale: number;
	/** The program or format that wrote it, such as `"kohya"`. */
	readonly format: string;
	/** What it adds to the denoiser and to each text encoder. Parts that it does not change are missing. */
	readonly parts: {
		readonly denoiser?: LoraLayers | undefined;
		readonly encoders: Readonly<Record<string, LoraLayers>>;
	};
	/** Bytes that its factors take in memory. */
	readonly bytes: number;
	/** Warnings about tensors of its file that belong to no layer of the model. */
	readonly warnings: readonly Warning[];
}
