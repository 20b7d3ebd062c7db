import type { Denoiser, LatentSpace, ModelFiles, VaeConfig } from "@drum/diffusion";
import type { SessionOptions, WeightOptions } from "@drum/graph";
import type { Mix } from "@drum/peca";
import type { EncoderPlace } from "./encoder-place.ts";
import type { ModelOption } from "./options.ts";

/** Everything that differs between foundation models. An object of this type is enough to add a pipeline. */
export interface FoundationModel {
	/** The name in messages. */
	readonly name: string;
	/** `_class_name` of its checkpoints' `model_index.json`. */
	readonly pipeline: string;
	/** For models that share a pipeline class: whether the text encoders' configurations, by folder, are this model's. Default: yes. */
	readonly fits?: (configs: Readonly<Record<string, unknown>>) => boolean;
	/** Its row of the paper's Table 1. */
	readonly mix: Mix;
	/** The places of the encoders in a checkpoint, by their adapters' names, in diffusers' order: the second reads `prompt2`, the third `prompt3`. */
	readonly encoders: Readonly<Record<string, EncoderPlace>>;
	readonly denoiser: DenoiserPlace;
	/** How the channels of its latents map to colours, for previews. */
	readonly latentSpace: LatentSpace;
	readonly defaults: { readonly numInferenceSteps: number; readonly guidanceScale: number };
	/**
	 * What `guidanceScale` does. `"classifier-free"`, the default: it weighs the prediction for the prompt against that for the negative prompt.
	 * `"distilled"`: it is an input of a denoiser that was distilled with guidance, and `trueCfgScale` does classifier-free guidance.
	 */
	readonly guidance?: "classifier-free" | "distilled";
	/** T5's rows (tokens) for a prompt, if neither the call nor the pipeline sets `maxSequenceLength`. Default 256. */
	readonly maxSequenceLength?: number;
	/** Whether sizes that the model cannot draw are rounded down, as its diffusers pipeline does, instead of refused. */
	readonly roundsSizes?: boolean;
	/** The default `strength` of a call with an image, and of one with a mask too. Default 0.8 and 1. */
	readonly strength?: { readonly image: number; readonly mask: number };
	/** Which number of steps a `strength` rounds down: the steps that run, or the steps skipped before them. Default `"run"`. */
	readonly strengthRounds?: "run" | "left out";
	/** `_class_name` of its inpainting checkpoints, whose denoiser also takes the mask and the masked picture. */
	readonly inpaintPipeline?: string;
	/** Which of the options that only some models take this model takes. */
	readonly takes?: readonly ModelOption[];
	/** Without a negative prompt the negative condition is zeros, unless `model_index.json` says otherwise. */
	readonly forceZerosForEmptyPrompt?: boolean;
	/** The denoiser's `config.json`, parsed, as its diffusers pipeline uses it. */
	readonly amendDenoiser?: (config: unknown) => unknown;
	/** Settings in the VAE's `config.json` that its diffusers pipeline does not read. */
	readonly unreadOfVae?: readonly (keyof VaeConfig)[];
	/** `scheduler_config.json`, parsed, as its diffusers pipeline uses it. */
	readonly amendScheduler?: (config: object) => object;
	/** The noise levels of a run, if its diffusers pipeline sets them instead of the scheduler. */
	readonly sigmas?: (steps: number) => readonly number[];
}

/** The denoiser of a foundation model. */
export interface DenoiserPlace {
	/** The folder of its weights and `config.json`. */
	readonly folder: string;
	/** The sizes that must match the other parts, with the names in `config.json`. */
	readonly fields: { readonly channels: string; readonly width: string; readonly pooledWidth?: string };
	/** Reads and checks `config.json`, before weights are looked for. */
	shape(
		config: unknown,
		name: string,
	): Pick<Denoiser, "channels" | "maskChannels" | "sampleSize" | "multiple" | "width" | "pooledWidth">;
	load(files: ModelFiles, options: SessionOptions & WeightOptions): Promise<Denoiser>;
}
