export type { Dtype, TransformersTextEncoderOptions } from "./options.ts";
export { TransformersTextEncoder } from "./transformers-text-encoder.ts";
