import type { LoraLayers } from "@drum/graph";
import type { Warning } from "@drum/tensor";
import type { OneFileOptions } from "../sources/one-file.ts";

export interface LoadLoraOptions extends OneFileOptions {
	/** What calls know it by. Default: the last part of its source, without `.safetensors`. */
	name?: string | undefined;
	/** How much of it counts in calls that do not say. Default 1. */
	scale?: number | undefined;
}

/** A LoRA that a pipeline has. */
export interface LoadedLora {
	readonly name: string;
	/** Where it is from, as `loadLora` was given it. */
	readonly source: string;
	readonly weightName?: string | undefined;
	/** How much of it counts in calls that do not say. */
	readonly scale: number;
	/** What wrote it, in words, such as `"kohya"`. */
	readonly format: string;
	/** What it adds to the denoiser and to each text encoder; parts that it leaves alone are not there. */
	readonly parts: {
		readonly denoiser?: LoraLayers | undefined;
		readonly encoders: Readonly<Record<string, LoraLayers>>;
	};
	/** Bytes that its factors take in memory. */
	readonly bytes: number;
	/** Tensors of its file that belong to nothing here. */
	readonly warnings: readonly Warning[];
}
