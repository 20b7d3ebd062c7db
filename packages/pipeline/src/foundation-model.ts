import type { Denoiser, LatentSpace, ModelFiles, VaeConfig } from "@drum/diffusion";
import type { SessionOptions, WeightOptions } from "@drum/graph";
import type { Mix } from "@drum/peca";
import type { EncoderPlace } from "./encoder-place.ts";
import type { ModelOption } from "./options.ts";

/** All that tells one foundation model from another: an entry of this shape is a pipeline. */
export interface FoundationModel {
	/** Names it in messages. */
	readonly name: string;
	/** `_class_name` of its checkpoints' `model_index.json`. */
	readonly pipeline: string;
	/** Tells apart models of one pipeline class, by their text encoders' configurations by folder. Default: it is this one. */
	readonly fits?: (configs: Readonly<Record<string, unknown>>) => boolean;
	/** Its row of the paper's Table 1. */
	readonly mix: Mix;
	/** Where the encoders of the mix lie, by their adapters' names, in diffusers' order: the second reads `prompt2`, the third `prompt3`. */
	readonly encoders: Readonly<Record<string, EncoderPlace>>;
	readonly denoiser: DenoiserPlace;
	/** What its latents' channels look like, for previews. */
	readonly latentSpace: LatentSpace;
	readonly defaults: { readonly numInferenceSteps: number; readonly guidanceScale: number };
	/**
	 * What `guidanceScale` does: weighs the prompt against the negative prompt, each denoised; or goes into a denoiser that was
	 * distilled with it, and `trueCfgScale` does the other. Default `"classifier-free"`.
	 */
	readonly guidance?: "classifier-free" | "distilled";
	/** T5's rows of a prompt where neither a call nor the opening says otherwise. Default 256. */
	readonly maxSequenceLength?: number;
	/** Whether its diffusers pipeline rounds sizes down that it cannot draw, where others refuse them. */
	readonly roundsSizes?: boolean;
	/** `strength` of a call that says none, from a picture and with a mask over it. Default 0.8 and 1. */
	readonly strength?: { readonly image: number; readonly mask: number };
	/** Which of the steps a strength rounds down: those that are run, or those that are left out before them. Default `"run"`. */
	readonly strengthRounds?: "run" | "left out";
	/** `_class_name` of its checkpoints that fill a part of a picture, whose denoiser takes the mask and the rest of the picture too. */
	readonly inpaintPipeline?: string;
	/** Options of a call that only some models take. */
	readonly takes?: readonly ModelOption[];
	/** Without a negative prompt the negative condition is zeros, unless `model_index.json` says otherwise. */
	readonly forceZerosForEmptyPrompt?: boolean;
	/** The denoiser's `config.json`, parsed, as its diffusers pipeline uses it. */
	readonly amendDenoiser?: (config: unknown) => unknown;
	/** Settings in the VAE's `config.json` that its diffusers pipeline does not read. */
	readonly unreadOfVae?: readonly (keyof VaeConfig)[];
	/** `scheduler_config.json`, parsed, as its diffusers pipeline uses it. */
	readonly amendScheduler?: (config: object) => object;
	/** The noise levels of a run, where its diffusers pipeline does not leave them to the scheduler. */
	readonly sigmas?: (steps: number) => readonly number[];
}

/** The denoiser of a foundation model. */
export interface DenoiserPlace {
	/** The folder of its weights and `config.json`. */
	readonly folder: string;
	/** What must fit the other parts, under the names of `config.json`. */
	readonly fields: { readonly channels: string; readonly width: string; readonly pooledWidth?: string };
	/** Reads and checks `config.json`, before weights are looked for. */
	shape(
		config: unknown,
		name: string,
	): Pick<Denoiser, "channels" | "maskChannels" | "sampleSize" | "multiple" | "width" | "pooledWidth">;
	load(files: ModelFiles, options: SessionOptions & WeightOptions): Promise<Denoiser>;
}
