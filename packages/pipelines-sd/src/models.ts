import { amendSettings } from "@drum/diffusion";
import { MIXES } from "@drum/peca";
import { clip, type FoundationModel, t5 } from "@drum/pipeline";
import { TRANSFORMER, UNET } from "./denoisers.ts";
import { amendSampleSize } from "./unet/early-sample-size.ts";

/** Corrects the scheduler settings of early files as diffusers' StableDiffusionPipeline does, if their class has the setting. */
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

/** Stable Diffusion 2, with OpenCLIP's ViT-H. Its GELU is exact; OpenAI's is the quick approximation. */
export const SD2: FoundationModel = {
	...SD1,
	name: "Stable Diffusion 2",
	mix: MIXES.sd2,
	encoders: { H: clip("text_encoder", "tokenizer") },
	fits: ({ text_encoder }) => (text_encoder as { hidden_act?: unknown } | null)?.hidden_act === "gelu",
};

/**
 * Latent consistency models of Stable Diffusion 1. Their UNet takes the guidance scale as an input, so each of the few steps needs one prediction.
 */
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

/** Stable Diffusion XL's base model, and models distilled from it, such as Turbo and Lightning. */
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

/** The foundation models that `StableDiffusion` runs. If several have the checkpoint's pipeline class, it runs the first that fits. */
export const STABLE_DIFFUSION: readonly FoundationModel[] = [SD2, SD1, LCM, SDXL, SD3];
