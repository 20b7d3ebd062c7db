export { parseT5Config, type T5Config } from "./config.ts";
export type { T5CheckpointOptions } from "./open-checkpoint.ts";
export { T5TextEncoder } from "./t5-text-encoder.ts";
export type { T5TextEncoderOptions } from "./t5-text-options.ts";
export { T5Tokenizer, type T5TokenizerFiles } from "./tokenizer.ts";
export { t5Vocabulary } from "./vocabulary.ts";
