export {
	type Dtype,
	TransformersTextEncoder,
	type TransformersTextEncoderOptions,
} from "./transformers-text-encoder.ts";
