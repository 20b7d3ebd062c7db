export type { Image, ImageParameters, ParametersForm, PngOptions, SchedulerName, Seed } from "@drum/diffusion";
export {
	contactSheet,
	encodePng,
	GeneratedImage,
	readPngParameters,
	SCHEDULER_NAMES,
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
