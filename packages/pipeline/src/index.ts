export type {
	CacheMethod,
	DigitalSourceType,
	Image,
	ImageParameters,
	LossyOptions,
	MarkDetails,
	OtherSettings,
	ParametersForm,
	PictureFileOptions,
	PictureFormat,
	PictureInput,
	PictureMark,
	PictureMarks,
	PngOptions,
	RawPicture,
	SchedulerName,
	Seed,
} from "@drum/diffusion";
export {
	contactSheet,
	convertPicture,
	encodePicture,
	encodePng,
	extensionOf,
	formatByName,
	GeneratedImage,
	MOST_PICTURE_BYTES,
	mediaTypeOf,
	openPicture,
	PICTURE_FORMATS,
	pictureSize,
	readPictureMarks,
	readPngParameters,
	replacePngParameters,
	SCHEDULER_NAMES,
	savePicture,
	savePng,
	shareableParameters,
} from "@drum/diffusion";
export { type SafetyCheck, SafetyChecker } from "@drum/encoders-clip";
export type { RepositorySource, WeightsSource } from "@drum/hub";
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
export { DrumError, type ErrorCode, type TextEncoder, type TextEncoding, type Warning } from "@drum/tensor";
export { amendConfigs, type DrawingConfigs } from "./amend-configs.ts";
export { openCheckpoint } from "./checkpoint.ts";
export type { CheckpointOptions, GivenEncoders } from "./checkpoint-options.ts";
export { type CheckpointSettings, readCheckpointSettings } from "./checkpoint-settings.ts";
export { DiffusionPipeline } from "./diffusion-pipeline.ts";
export { DrUM } from "./drum.ts";
export type { EncoderPlace, EncoderSettings, OpenedEncoder } from "./encoder-place.ts";
export { clip, t5 } from "./encoder-places.ts";
export type { DenoiserPlace, FoundationModel } from "./foundation-model.ts";
export { type GenerateResult, generate } from "./generate.ts";
export type { LoadedLora, LoadLoraOptions } from "./lora/loaded-lora.ts";
export type { CallLoras, LoraScales, Loras } from "./lora/loras.ts";
export { openLoraFile } from "./lora/open-lora-file.ts";
export { machineMemory } from "./machine-memory.ts";
export {
	type CheckpointOutline,
	fits,
	forecastMemory,
	type HeldAs,
	heldAs,
	type MemoryForecast,
	usableMemory,
} from "./memory.ts";
export { fittingModel } from "./model-index.ts";
export { type OpenEncoders, openEncoders, openFileParts, openParts } from "./open-parts.ts";
export type { CacheOption, GenerateOptions, GenerateProgress, ImageVerdict, ModelOption, Step } from "./options.ts";
export { type FoundPart, openPartsApart, type PartsApart } from "./parts-apart.ts";
export type { PipelineOptions, PipelineParts } from "./pipeline-parts.ts";
export type { Predict, RunParts } from "./predictor.ts";
export type { CheckpointPart, CheckpointSource, SmallFiles } from "./sources/checkpoint-source.ts";
export { smallFiles } from "./sources/repository-source.ts";
export { type OpenedFile, openFoundFile } from "./sources/single-file.ts";
export { type SingleFileOptions, singleFileLayout } from "./sources/single-file-source.ts";
export { openPictures } from "./start/open-pictures.ts";
export { sizeFromPicture } from "./start/start-size.ts";
export { openInversionFile } from "./textual-inversion/inversion-file.ts";
export type { LoadedTextualInversion, TextualInversionOptions } from "./textual-inversion/textual-inversions.ts";
