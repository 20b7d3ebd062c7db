export { CLIPImageEncoder, type CLIPImageEncoderOptions } from "./clip-image-encoder.ts";
export { CLIPTextEncoder, type CLIPTextEncoderOptions } from "./clip-text-encoder.ts";
export { type CLIPTextConfig, type CLIPVisionConfig, parseCLIPTextConfig, parseCLIPVisionConfig } from "./config.ts";
export type { CLIPCheckpointOptions } from "./open-checkpoint.ts";
export type { ImagePixels } from "./pixel-values.ts";
export { resizeLanczos } from "./resample.ts";
export { type SafetyCheck, SafetyChecker } from "./safety-checker.ts";
export { CLIPTokenizer, type TokenizerFiles } from "./tokenizer.ts";
export { clipVocabulary } from "./vocabulary.ts";
