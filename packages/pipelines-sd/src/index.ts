export type {
	DigitalSourceType,
	Image,
	ImageParameters,
	LossyOptions,
	MarkDetails,
	ParametersForm,
	PictureFileOptions,
	PictureFormat,
	PictureMark,
	PictureMarks,
	PngOptions,
	SchedulerName,
	Seed,
} from "@drum/diffusion";
export {
	contactSheet,
	encodePicture,
	encodePng,
	GeneratedImage,
	readPictureMarks,
	readPngParameters,
	SCHEDULER_NAMES,
	savePicture,
	savePng,
} from "@drum/diffusion";
export {
	type AttachOptions,
	type Condition,
	type HistoryItem,
	Profile,
	type ProfileBytesOptions,
	type ProfileOptions,
	type PromptSyntax,
	type Reference,
} from "@drum/peca";
export {
	DrUM,
	type GenerateOptions,
	type GenerateProgress,
	type GenerateResult,
	type ImageVerdict,
	type PipelineOptions,
	type SafetyCheck,
	SafetyChecker,
	type Step,
} from "@drum/pipeline";
export { DrumError, type ErrorCode, type TextEncoder, type TextEncoding, type Warning } from "@drum/tensor";
export { SD1, SD2, SD3, SDXL, STABLE_DIFFUSION } from "./models.ts";
export { StableDiffusion } from "./stable-diffusion.ts";
export { parseSD3Config, type SD3Config } from "./transformer/config.ts";
export { SD3Transformer2D } from "./transformer/sd3-transformer-2d.ts";
export { parseUNetConfig } from "./unet/config.ts";
export type { UNetConfig } from "./unet/config-schema.ts";
export type { Feedback } from "./unet/feedback.ts";
export { UNet2DCondition } from "./unet/unet-2d-condition.ts";
