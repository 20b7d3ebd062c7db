export { CLIPTextEncoder, type CLIPTextEncoderOptions } from "./clip-text-encoder.ts";
export { type CLIPTextConfig, parseCLIPTextConfig } from "./config.ts";
export { CLIPTokenizer, type TokenizerFiles } from "./tokenizer.ts";
