import type { Device, WeightOptions } from "@drum/graph";
import type { Skip, TensorSource, TextEncoder } from "@drum/tensor";
import type { SmallFiles } from "./sources/checkpoint-source.ts";

/** The place of a text encoder in a checkpoint, and its kind. */
export interface EncoderPlace {
	/** The folder of its weights and `config.json`. */
	readonly folder: string;
	/** Whether a checkpoint may lack it. Its rows in the condition are then zeros. */
	readonly optional?: boolean | undefined;
	/** Reads and checks the configuration and the tokenizer, before looking for weights. */
	open(files: SmallFiles): Promise<OpenedEncoder>;
}

export interface OpenedEncoder {
	/** Width of its hidden states. */
	readonly width: number;
	/** Width of a pooled row after the projection. */
	readonly projectedWidth: number;
	/** `config.json`, parsed. */
	readonly config: unknown;
	/** Checks another `config.json`, parsed. @throws CheckpointError naming the field */
	parseConfig?(config: unknown): unknown;
	create(weights: TensorSource, settings: EncoderSettings): Promise<TextEncoder>;
}

export interface EncoderSettings extends WeightOptions {
	readonly name: string;
	/** The hidden states that the mix reads. */
	readonly skips: readonly Skip[];
	readonly device: Device;
	readonly threads: number | undefined;
	/** T5's rows of a prompt. */
	readonly maxSequenceLength: number;
}

export interface TokenizerPlaceOptions {
	/** As in `TokenizerSettingsFiles` of `@drum/tokens`. False if the model's diffusers pipeline has no textual inversion. */
	readonly severalVectors?: boolean | undefined;
	/** Folder of another tokenizer whose `model_max_length` applies to this one too. Default: its own. */
	readonly lengthOf?: string | undefined;
}
