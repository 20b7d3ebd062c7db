import { totalmem } from "node:os";
import { quantizedBytes, type WeightDtype, type WeightSource } from "@drum/graph";
import { sizeOf } from "@drum/tensor";
import { estimateActivations } from "./activations.ts";

/** Part of the memory that a run may fill; the rest is the system's, and that of files being read. */
const SHARE = 0.75;
const FLOAT = 4;
/** Node.js and ONNX Runtime without a model, as measured. */
const PROCESS = 160_000_000;

/** What is known of a checkpoint before its weights are read: places and shapes of them, and the configurations. */
export interface CheckpointOutline {
	/** By their adapters' names. */
	readonly encoders: Readonly<Record<string, { readonly weights: WeightSource }>>;
	readonly denoiser: { readonly config: unknown; readonly checkpoint: WeightSource };
	readonly vae: { readonly config: unknown; readonly checkpoint: WeightSource };
}

/** How the weights of both are held that can be held quantised. */
export interface HeldAs {
	denoiser?: WeightDtype | undefined;
	T5?: WeightDtype | undefined;
}

/** What one picture of a model's own size takes on a CPU, without a profile. All but the picture's extents in bytes. */
export interface MemoryForecast {
	/** Weights as they are held: all text encoders'. */
	readonly encoders: number;
	/** The denoiser's weights. */
	readonly denoiser: number;
	/** The weights of the VAE's decoder. */
	readonly vae: number;
	/** Beside the weights, and the picture's extents in pixels; undefined where the configurations are of no kind that is known. */
	readonly activations: ReturnType<typeof estimateActivations>;
	/** Node.js and ONNX Runtime themselves. */
	readonly process: number;
	/** At the peak when all models stay in memory. */
	readonly kept: number;
	/** At the peak of the largest of encoding, denoising and decoding, when each is freed for the next. */
	readonly offload: number;
	/** Files of quantised weights, beside the checkpoint's own. */
	readonly disk: number;
}

/** Forecasts a run from the weights' shapes and the configurations: the rule by which a pipeline offloads by itself. */
export function forecastMemory(
	{ encoders, denoiser, vae }: CheckpointOutline,
	{ denoiser: dtype, T5 }: HeldAs = {},
): MemoryForecast {
	const held = {
		encoders: total(Object.entries(encoders).map(([name, { weights }]) => hold(weights, name === "T5" ? T5 : "auto"))),
		denoiser: hold(denoiser.checkpoint, dtype),
		vae: hold(vae.checkpoint, "auto", isDecoder),
	};
	const activations = estimateActivations(denoiser.config, vae.config);
	const stages = [
		held.encoders.memory,
		held.denoiser.memory + (activations?.denoiser ?? 0),
		held.vae.memory + (activations?.vae ?? 0),
	];
	return {
		encoders: held.encoders.memory,
		denoiser: held.denoiser.memory,
		vae: held.vae.memory,
		activations,
		process: PROCESS,
		// Sessions keep what their runs needed.
		kept: PROCESS + stages.reduce((sum, stage) => sum + stage, 0),
		offload: PROCESS + Math.max(...stages),
		disk: total(Object.values(held)).disk,
	};
}

/** What this process may use, in bytes: the machine's memory, or a container's limit. */
export function machineMemory(): number {
	const limit = process.constrainedMemory();
	return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Bytes that a run may fill here: three quarters of the memory. */
export function usableMemory(): number {
	return SHARE * machineMemory();
}

/** Whether so many bytes leave enough of this machine's memory. */
export function fits(bytes: number): boolean {
	return bytes <= usableMemory();
}

/** Bytes in memory, and of quantised weights on the disk. */
interface Held {
	memory: number;
	disk: number;
}

/** Tables of which a run takes some rows; they are mapped from the file as it has them. */
const TABLE = /(^|\.)(shared|embed_tokens|token_embedding|relative_attention_bias)\.weight$|^pos_embed\.pos_embed$/;

/** Of the VAE's tensors those that a run loads; the encoder's are not. */
const isDecoder = (tensor: string) => /^(decoder|post_quant_conv)\./.test(tensor);

function hold(
	weights: WeightSource,
	dtype: WeightDtype = "auto",
	loads: (tensor: string) => boolean = () => true,
): Held {
	const each = [...weights.names()].filter(loads).map((name): Held => {
		const { dims, length, type } = weights.get(name)!;
		// Counters that older files keep are not loaded.
		if (!/float/.test(type)) return { memory: 0, disk: 0 };
		if (TABLE.test(name)) return { memory: length, disk: 0 };
		const quantized = dtype === "int8" || dtype === "int4" ? quantizedBytes(dtype, dims) : undefined;
		if (quantized !== undefined) return { memory: quantized, disk: quantized };
		return { memory: sizeOf(dims) * FLOAT, disk: 0 };
	});
	return total(each);
}

function total(parts: readonly Held[]): Held {
	return parts.reduce((sum, { memory, disk }) => ({ memory: sum.memory + memory, disk: sum.disk + disk }), {
		memory: 0,
		disk: 0,
	});
}
