import type { ModelKind } from "../kinds/denoisers.ts";
import type { Json } from "./json.ts";
import {
	SCHEDULER_FLUX_DEV,
	SCHEDULER_FLUX_SCHNELL,
	SCHEDULER_SD1,
	SCHEDULER_SD2,
	SCHEDULER_SD3,
	SCHEDULER_SDXL,
} from "./schedulers.ts";
import { CLIP_BIG_G, CLIP_H, CLIP_L, CLIP_L_PROJECTED, T5_XXL } from "./text-encoders.ts";
import { clipTokenizer, T5_TOKENIZER } from "./tokenizers.ts";
import {
	TRANSFORMER_FLUX_DEV,
	TRANSFORMER_FLUX_SCHNELL,
	TRANSFORMER_SD3,
	TRANSFORMER_SD35_LARGE,
	TRANSFORMER_SD35_MEDIUM,
} from "./transformers.ts";
import { UNET_SD1, UNET_SD2, UNET_SDXL } from "./unets.ts";
import { VAE_FLUX, VAE_SD1, VAE_SD2, VAE_SD3, VAE_SDXL } from "./vaes.ts";

/** The configurations of a foundation model's parts. */
export interface BuiltInModel {
	/** The class of the pipeline in diffusers. */
	readonly pipeline: string;
	readonly denoiser: Json;
	readonly vae: Json;
	readonly scheduler: Json;
	/** Those of each text encoder and its tokenizer, in the pipeline's order. */
	readonly encoders: readonly (readonly [config: Json, tokenizer: Json])[];
	/** Further fields of `model_index.json`. */
	readonly index?: Json;
}

const L = [CLIP_L, clipTokenizer("<|endoftext|>")] as const;
const L_PROJECTED = [CLIP_L_PROJECTED, clipTokenizer("<|endoftext|>")] as const;
const H = [CLIP_H, clipTokenizer("!")] as const;
const BIG_G = [CLIP_BIG_G, clipTokenizer("!")] as const;
const T5 = [T5_XXL, T5_TOKENIZER] as const;

const SD1: BuiltInModel = {
	pipeline: "StableDiffusionPipeline",
	denoiser: UNET_SD1,
	vae: VAE_SD1,
	scheduler: SCHEDULER_SD1,
	encoders: [L],
};
const SD2: BuiltInModel = { ...SD1, denoiser: UNET_SD2, vae: VAE_SD2, scheduler: SCHEDULER_SD2, encoders: [H] };
const SDXL: BuiltInModel = {
	pipeline: "StableDiffusionXLPipeline",
	denoiser: UNET_SDXL,
	vae: VAE_SDXL,
	scheduler: SCHEDULER_SDXL,
	encoders: [L, BIG_G],
	index: { force_zeros_for_empty_prompt: true },
};
const SD3: BuiltInModel = {
	pipeline: "StableDiffusion3Pipeline",
	denoiser: TRANSFORMER_SD3,
	vae: VAE_SD3,
	scheduler: SCHEDULER_SD3,
	encoders: [L_PROJECTED, BIG_G, T5],
};
const FLUX: BuiltInModel = {
	pipeline: "FluxPipeline",
	denoiser: TRANSFORMER_FLUX_DEV,
	vae: VAE_FLUX,
	scheduler: SCHEDULER_FLUX_DEV,
	encoders: [L, T5],
};
const INPAINTING = { in_channels: 9 };

/** From the same repositories on the hub as in diffusers (`DIFFUSERS_DEFAULT_PIPELINE_PATHS`). */
export const BUILT_IN: Readonly<Partial<Record<ModelKind, BuiltInModel>>> = {
	sd1: SD1,
	sd2: SD2,
	sdxl: SDXL,
	"sd3-medium": SD3,
	"sd3.5-medium": { ...SD3, denoiser: TRANSFORMER_SD35_MEDIUM },
	"sd3.5-large": { ...SD3, denoiser: TRANSFORMER_SD35_LARGE },
	"flux-dev": FLUX,
	"flux-schnell": { ...FLUX, denoiser: TRANSFORMER_FLUX_SCHNELL, scheduler: SCHEDULER_FLUX_SCHNELL },
	"sd1-inpainting": {
		...SD1,
		pipeline: "StableDiffusionInpaintPipeline",
		denoiser: { ...UNET_SD1, ...INPAINTING },
	},
	"sd2-inpainting": {
		...SD2,
		pipeline: "StableDiffusionInpaintPipeline",
		denoiser: { ...UNET_SD2, ...INPAINTING, sample_size: 64, upcast_attention: false },
		vae: { ...VAE_SD2, sample_size: 512 },
		scheduler: SCHEDULER_SD1,
	},
	"sdxl-inpainting": {
		...SDXL,
		pipeline: "StableDiffusionXLInpaintPipeline",
		denoiser: { ...UNET_SDXL, ...INPAINTING },
	},
};
