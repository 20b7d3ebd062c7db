export { type BuiltInOptions, builtInConfigs } from "./built-in/built-in-configs.ts";
export { type BuiltInEncoder, builtInEncoder } from "./built-in/built-in-encoder.ts";
export type { Json } from "./built-in/json.ts";
export type { DenoiserPart, ModelKind, Naming } from "./kinds/denoisers.ts";
export { type Header, headerOf } from "./kinds/header.ts";
export { readSingleFile, type SingleFile } from "./kinds/single-file.ts";
export { type EncoderPart, findEncoder } from "./kinds/text-encoders.ts";
export type { VaePart } from "./kinds/vaes.ts";
export { type WeightsKind, weightsKind } from "./kinds/weights-kind.ts";
export type { Difference, Kronecker, Lora, LoraFactor, LoraModule, LowRank } from "./lora/lora.ts";
export { type Layers, type LoraEncoder, type LoraFile, type LoraModel, layersOf } from "./lora/model.ts";
export { readLora } from "./lora/read-lora.ts";
export { isKnownBeside } from "./names/beside.ts";
export { bflFlux, type FluxLayout } from "./names/bfl-flux.ts";
export { denoiserNames } from "./names/denoiser-names.ts";
export { type EncoderReading, encoderWeights } from "./names/encoder-weights.ts";
export { ldmUNet, type UNetLayout } from "./names/ldm-unet.ts";
export { ldmVae, type VaeLayout } from "./names/ldm-vae.ts";
export { type MMDiTLayout, mmdit } from "./names/mmdit.ts";
export {
	type NameRow,
	type NameTable,
	type PlaceInFile,
	placeInFile,
	type RowRange,
	type StoredForm,
	weightsInTensor,
} from "./names/name-table.ts";
export { openClip } from "./names/open-clip.ts";
export { type FilePart, renamed } from "./names/renamed.ts";
export { scaled } from "./names/scaled.ts";
