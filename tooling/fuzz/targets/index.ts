export { adapters } from "./adapters.ts";
export { configurations } from "./configurations.ts";
export { inspect } from "./inspect.ts";
export { profiles } from "./profiles.ts";
export { quantizedCache } from "./quantized.ts";
export { captions, histories, pictures } from "./texts.ts";
export { clipTokenizer, qwen2Tokenizer, t5Tokenizer } from "./tokenizers.ts";
export { training } from "./training.ts";
export { safetensors, shards } from "./weights.ts";
