export { parseQwen3Config, type Qwen3Config } from "./config.ts";
export type { Qwen3CheckpointOptions } from "./open-checkpoint.ts";
export { Qwen3TextEncoder } from "./qwen3-text-encoder.ts";
export type { Qwen3TextEncoderOptions } from "./qwen3-text-options.ts";
export { QWEN3_USES, type Qwen3Use, type Qwen3UseName } from "./qwen3-use.ts";
export { Qwen2Tokenizer, type Qwen2TokenizerFiles } from "./tokenizer.ts";
