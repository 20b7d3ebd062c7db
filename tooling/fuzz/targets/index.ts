export { configurations } from "./configurations.ts";
export { profiles } from "./profiles.ts";
export { captions, histories, pictures } from "./texts.ts";
export { clipTokenizer, t5Tokenizer } from "./tokenizers.ts";
export { safetensors, shards } from "./weights.ts";
