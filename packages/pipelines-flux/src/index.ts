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
export { FLUX, FLUX1, Flux } from "./flux.ts";
export { type FluxConfig, parseFluxConfig } from "./transformer/config.ts";
export { FluxTransformer2D } from "./transformer/flux-transformer-2d.ts";
