export { type Activation, type ActivationName, activationName, activationOf } from "./activations.ts";
export type { Cache, CacheMethod, DeepCache, FirstBlockCache } from "./cache/cache.ts";
export { CachedCalls, type CutDenoiser } from "./cache/cached-calls.ts";
export { type FirstBlockParts, firstBlockParts, PREVIOUS } from "./cache/first-block.ts";
export { type FirstBlockDenoiser, firstBlockCalls } from "./cache/first-block-calls.ts";
export { type ContactSheetOptions, contactSheet } from "./contact-sheet.ts";
export { type DenoisedStep, type DenoiseOptions, denoise } from "./denoise.ts";
export type { Denoiser } from "./denoiser.ts";
export type { DenoiserFeeds } from "./denoiser-feeds.ts";
export { GeneratedImage } from "./generated-image.ts";
export { classifierFreeGuidance, rescaleGuidance, skipLayerGuidance } from "./guidance.ts";
export { fromImages, type Image, toImages } from "./image.ts";
export { type ImageParameters, type ParametersForm, shareableParameters } from "./image-parameters.ts";
export type { LatentSpace } from "./latent-spaces.ts";
export type { ModelFiles } from "./model-files.ts";
export { checkSeed, Noise, type Seed } from "./noise.ts";
export { OpenedPicture } from "./opened-picture.ts";
export type { ParameterValue } from "./parameter-value.ts";
export { parseConfig } from "./parse-config.ts";
export { convertPicture } from "./picture-file/convert-picture.ts";
export { encodePicture, type SourcedImage } from "./picture-file/encode-picture.ts";
export type { MarkDetails, PictureMark } from "./picture-file/mark.ts";
export { type OtherSettings, readOtherSettings } from "./picture-file/other-programs.ts";
export {
	extensionOf,
	formatByName,
	formatOf,
	mediaTypeOf,
	PICTURE_FORMATS,
	type PictureFormat,
} from "./picture-file/picture-format.ts";
export type { LossyOptions, PictureFileOptions, PngOptions } from "./picture-file/picture-options.ts";
export { type PictureMarks, readPictureMarks } from "./picture-file/read-marks.ts";
export { type PictureTexts, readPictureTexts } from "./picture-file/read-parts.ts";
export { savePicture } from "./picture-file/save-picture.ts";
export { type DigitalSourceType, SOURCE_TYPES } from "./picture-file/source-type.ts";
export {
	MOST_PICTURE_BYTES,
	MOST_PIXELS,
	openPicture,
	type PictureInput,
	pictureSize,
	readPictureFile,
} from "./picture-input.ts";
export { encodePng, readPngParameters, replacePngParameters, savePng } from "./png.ts";
export { previewLatents } from "./preview.ts";
export type { RawPicture } from "./raw-picture.ts";
export { SCHEDULER_NAMES, type SchedulerName, samplerTakesEta, schedulerNamesFor } from "./schedulers/choices.ts";
export { createScheduler, loadSampler, type SchedulerOptions } from "./schedulers/create.ts";
export { amendSettings, namedSettings } from "./schedulers/named-settings.ts";
export { parseSchedulerFile } from "./schedulers/parse-file.ts";
export type { DrawNoise, Scheduler, SchedulerStep } from "./schedulers/scheduler.ts";
export { roundHalfEven } from "./schedulers/timesteps.ts";
export { adaLayerNormContinuous, adaLayerNormZero, type Modulation, modulate } from "./transformer/ada-norm.ts";
export { type CombinedEmbeddingInputs, combinedEmbeddings, TIME_CHANNELS } from "./transformer/combined-embeddings.ts";
export { feedForward } from "./transformer/feed-forward.ts";
export { withinFloat16 } from "./transformer/float16-range.ts";
export { checkFeeds, joinRows, type PictureFeeds, pictureFeeds } from "./transformer/picture-feeds.ts";
export { type QueryKeyValueOptions, queryKeyValue } from "./transformer/query-key-value.ts";
export { type TimestepEmbeddingOptions, timestepEmbedding } from "./transformer/timestep-embedding.ts";
export {
	type OpenedTransformer,
	type TransformerOutputs,
	transformerSession,
} from "./transformer/transformer-session.ts";
export type { Autoencoder, DecodeOptions, EncodedPictures } from "./vae/autoencoder.ts";
export { AutoencoderKL } from "./vae/autoencoder-kl.ts";
export { parseVaeConfig, type VaeConfig } from "./vae/config.ts";
export { vaeDecoder } from "./vae/decoder.ts";
export { vaeEncoder } from "./vae/encoder.ts";
export { autoencoderShape, loadAutoencoder } from "./vae/load-autoencoder.ts";
export type { AutoencoderShape } from "./vae/open-halves.ts";
export { Posterior } from "./vae/posterior.ts";
export { type ResnetOptions, resnetBlock2D, upsample2D } from "./vae/resnet.ts";
export { type SpatialAttentionOptions, spatialAttention } from "./vae/spatial-attention.ts";
export { AutoencoderTiny } from "./vae/tiny/autoencoder-tiny.ts";
export type { TinyVaeConfig } from "./vae/tiny/config.ts";
