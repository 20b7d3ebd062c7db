import { amendSettings } from "@drum/diffusion";
import { MIXES } from "@drum/peca";
import { clip, type FoundationModel, t5 } from "@drum/pipeline";
import { TRANSFORMER, UNET } from "./denoisers.ts";
import { amendSampleSize } from "./unet/early-sample-size.ts";

/** What diffusers' StableDiffusionPipeline puts right in early files, where their class has the setting. */
const amendScheduler = (config: object) =>
	amendSettings(config, { steps_offset: () => 1, clip_sample: (clip) => (clip === true ? false : clip) });

/** Stable Diffusion 1, with OpenAI's ViT-L. */
export const SD1: FoundationModel = {
	name: "Stable Diffusion 1",
	pipeline: "StableDiffusionPipeline",
	inpaintPipeline: "StableDiffusionInpaintPipeline",
	mix: MIXES.sd1,
	encoders: { L: clip("text_encoder", "tokenizer") },
	denoiser: UNET,
	latentSpace: "sd1",
	defaults: { numInferenceSteps: 50, guidanceScale: 7.5 },
	takes: ["guidanceRescale", "timesteps", "clipSkip"],
	amendDenoiser: amendSampleSize,
	unreadOfVae: ["shift_factor", "latents_mean", "latents_std"],
	amendScheduler,
};

/** Stable Diffusion 2, with OpenCLIP's ViT-H, whose GELU is exact where OpenAI's is quick. */
export const SD2: FoundationModel = {
	...SD1,
	name: "Stable Diffusion 2",
	mix: MIXES.sd2,
	encoders: { H: clip("text_encoder", "tokenizer") },
	fits: ({ text_encoder }) => (text_encoder as { hidden_act?: unknown } | null)?.hidden_act === "gelu",
};

/** Latent consistency models of Stable Diffusion 1, whose UNet takes the guidance scale itself: a prediction a step, in few steps. */
const LCM: FoundationModel = {
	name: "Latent Consistency Model",
	pipeline: "LatentConsistencyModelPipeline",
	mix: MIXES.sd1,
	encoders: SD1.encoders,
	denoiser: UNET,
	latentSpace: "sd1",
	defaults: { numInferenceSteps: 4, guidanceScale: 8.5 },
	takes: ["timesteps", "clipSkip"],
	unreadOfVae: ["shift_factor", "latents_mean", "latents_std"],
};

/** Stable Diffusion XL's base model, and those distilled from it: Turbo, Lightning. */
export const SDXL: FoundationModel = {
	name: "Stable Diffusion XL",
	pipeline: "StableDiffusionXLPipeline",
	inpaintPipeline: "StableDiffusionXLInpaintPipeline",
	mix: MIXES.sdxl,
	encoders: { L: clip("text_encoder", "tokenizer"), bigG: clip("text_encoder_2", "tokenizer_2") },
	denoiser: UNET,
	latentSpace: "sdxl",
	defaults: { numInferenceSteps: 50, guidanceScale: 5 },
	strength: { image: 0.3, mask: 0.9999 },
	takes: [
		"prompt2",
		"negativePrompt2",
		"clipSkip",
		"denoisingEnd",
		"guidanceRescale",
		"timesteps",
		"originalSize",
		"cropsCoordsTopLeft",
		"targetSize",
		"negativeOriginalSize",
		"negativeCropsCoordsTopLeft",
		"negativeTargetSize",
	],
	unreadOfVae: ["shift_factor"],
	forceZerosForEmptyPrompt: true,
};

/** Stable Diffusion 3 and 3.5, medium and large, with T5 or without. */
export const SD3: FoundationModel = {
	name: "Stable Diffusion 3",
	pipeline: "StableDiffusion3Pipeline",
	mix: MIXES.sd3,
	encoders: {
		L: clip("text_encoder", "tokenizer", { severalVectors: false }),
		bigG: clip("text_encoder_2", "tokenizer_2", { severalVectors: false, lengthOf: "tokenizer" }),
		T5: t5("text_encoder_3", "tokenizer_3", { optional: true, severalVectors: false }),
	},
	denoiser: TRANSFORMER,
	latentSpace: "sd3",
	defaults: { numInferenceSteps: 28, guidanceScale: 7 },
	strength: { image: 0.6, mask: 0.6 },
	strengthRounds: "left out",
	takes: [
		"prompt2",
		"prompt3",
		"negativePrompt2",
		"negativePrompt3",
		"clipSkip",
		"maxSequenceLength",
		"mu",
		"skipGuidanceLayers",
		"skipLayerGuidanceScale",
		"skipLayerGuidanceStart",
		"skipLayerGuidanceStop",
	],
	unreadOfVae: ["latents_mean", "latents_std"],
};

/** The foundation models that `StableDiffusion` runs. Of those with one pipeline class the first that fits is taken. */
export const STABLE_DIFFUSION: readonly FoundationModel[] = [SD2, SD1, LCM, SDXL, SD3];
