import type { Device, WeightOptions } from "@drum/graph";
import type { Skip, TensorSource, TextEncoder } from "@drum/tensor";
import type { SmallFiles } from "./sources/checkpoint-source.ts";

/** Where a checkpoint has one of its text encoders, and of what kind it is. */
export interface EncoderPlace {
	/** The folder of its weights and `config.json`. */
	readonly folder: string;
	/** Whether a checkpoint may go without it: its rows in the condition are zeros then. */
	readonly optional?: boolean | undefined;
	/** Reads what is small, configuration and tokenizer, and checks it, before weights are looked for. */
	open(files: SmallFiles): Promise<OpenedEncoder>;
}

export interface OpenedEncoder {
	/** Of its hidden states. */
	readonly width: number;
	/** Of a pooled row after the projection. */
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
	/** As of `TokenizerSettingsFiles` in `@drum/tokens`: false where the model's pipeline in diffusers has no textual inversion. */
	readonly severalVectors?: boolean | undefined;
	/** A tokenizer's folder whose `model_max_length` holds for this one too. Default its own. */
	readonly lengthOf?: string | undefined;
}
