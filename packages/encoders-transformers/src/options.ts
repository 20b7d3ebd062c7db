import { namesOf, type Skip, type Warning } from "@drum/tensor";

export const DTYPES = [
	"auto",
	"fp32",
	"fp16",
	"q8",
	"int8",
	"uint8",
	"q4",
	"q4f16",
	"bnb4",
	"q2",
	"q2f16",
	"q1",
	"q1f16",
] as const;
/** What an export's weights are stored in, in transformers.js's words. */
export type Dtype = (typeof DTYPES)[number];

export interface TransformersTextEncoderOptions {
	/** A hub repository's branch, tag or commit; default `main`. Has no effect on a folder on this machine, which a warning says. */
	revision?: string | undefined;
	/** Take files from `env.localModelPath` and transformers.js's cache alone. Default false. */
	localFilesOnly?: boolean | undefined;
	/** Which of the export's files: `"q8"` is `onnx/text_model_quantized.onnx`. Default transformers.js's: `"fp32"`, in a browser without WebGPU `"q8"`. */
	dtype?: Dtype | undefined;
	/** One of transformers.js's, such as `"cpu"`, `"webgpu"`, `"cuda"`. Default `"cpu"`, in a browser `"wasm"`. */
	device?: string | undefined;
	/** Threads of a run. Default as many as ONNX Runtime takes. */
	threads?: number | undefined;
	/** Hidden states to give. Default `[-1]`; `[]` for text features alone. */
	skips?: readonly Skip[] | undefined;
	/** Rows of a prompt. Default the model's positions (CLIP: 77), or 256 for T5, which has no end of them. */
	tokens?: number | undefined;
	/** Called with `option-unused` if a `revision` is given for a folder on this machine. */
	onWarning?: ((warning: Warning) => void) | undefined;
}

export const OPTIONS = namesOf<TransformersTextEncoderOptions>({
	revision: true,
	localFilesOnly: true,
	dtype: true,
	device: true,
	threads: true,
	skips: true,
	tokens: true,
	onWarning: true,
});
