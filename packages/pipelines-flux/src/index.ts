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
export { FLUX, FLUX1, Flux } from "./flux.ts";
export { type FluxConfig, parseFluxConfig } from "./transformer/config.ts";
export { FluxTransformer2D } from "./transformer/flux-transformer-2d.ts";
