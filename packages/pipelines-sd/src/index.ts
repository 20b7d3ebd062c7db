export type { Image, ImageParameters, ParametersForm, PngOptions, SchedulerName, Seed } from "@drum/diffusion";
export {
	contactSheet,
	encodePng,
	GeneratedImage,
	readPngParameters,
	SCHEDULER_NAMES,
	savePng,
} from "@drum/diffusion";
export { type Condition, DrUM, type HistoryItem, Profile, type Reference } from "@drum/peca";
export type { GenerateOptions, GenerateProgress, GenerateResult, PipelineOptions, Step } from "@drum/pipeline";
export { SD1, SD2, SD3, SDXL, STABLE_DIFFUSION } from "./models.ts";
export { StableDiffusion } from "./stable-diffusion.ts";
export { parseSD3Config, type SD3Config } from "./transformer/config.ts";
export { SD3Transformer2D } from "./transformer/sd3-transformer-2d.ts";
export { parseUNetConfig, type UNetConfig } from "./unet/config.ts";
export type { Feedback } from "./unet/feedback.ts";
export { UNet2DCondition } from "./unet/unet-2d-condition.ts";
