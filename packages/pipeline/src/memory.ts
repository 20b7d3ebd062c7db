import type { WeightDtype, WeightSource } from "@drum/graph";
import { estimateActivations } from "./activations.ts";
import { type HeldWeights, holdWeights, sumHeld } from "./held-weights.ts";
import { machineMemory } from "./machine-memory.ts";

/** The part of the memory that a run may fill. The system and files being read need the rest. */
const SHARE = 0.75;
/** Bytes of Node.js and ONNX Runtime without a model, measured. */
const PROCESS = 160_000_000;

/** What is known about a checkpoint before its weights are read: their places and shapes, and the configurations. */
export interface CheckpointOutline {
	/** By their adapters' names. */
	readonly encoders: Readonly<Record<string, { readonly weights: WeightSource }>>;
	readonly denoiser: { readonly config: unknown; readonly checkpoint: WeightSource };
	readonly vae: { readonly config: unknown; readonly checkpoint: WeightSource };
}

/** How the weights are held of each model that can hold them quantised. */
export interface HeldAs {
	denoiser?: WeightDtype | undefined;
	T5?: WeightDtype | undefined;
	/** All of CLIP's text encoders. */
	CLIP?: WeightDtype | undefined;
	/** DrUM's adapters. */
	adapters?: WeightDtype | undefined;
	vae?: WeightDtype | undefined;
}

/** The option `dtype` for each model. */
export function heldAs(dtype: WeightDtype | HeldAs | undefined): HeldAs {
	if (typeof dtype === "object") return dtype;
	// Convolutions have no 4-bit form, and small models keep 8 bits or more.
	const small = dtype === "int4" ? "auto" : dtype;
	return { denoiser: dtype, T5: dtype, CLIP: small, adapters: small, vae: small };
}

/** The memory, in bytes, for one picture in the model's own size on a CPU, without a profile. */
export interface MemoryForecast {
	/** The weights of all text encoders, as they are in memory. */
	readonly encoders: number;
	/** The denoiser's weights. */
	readonly denoiser: number;
	/** The weights of the VAE's decoder. */
	readonly vae: number;
	/** The weights of the VAE's encoder, which only runs that begin from a picture load. */
	readonly vaeEncoder: number;
	/** What a run needs besides the weights, and the picture's height and width in pixels. Undefined for unknown configurations. */
	readonly activations: ReturnType<typeof estimateActivations>;
	/** What Node.js and ONNX Runtime need without a model. */
	readonly process: number;
	/** The peak if all models stay in memory. */
	readonly kept: number;
	/** The peak with `offload`: the largest of encoding, denoising and decoding. */
	readonly offload: number;
	/** The same two peaks for a run that begins from a picture. */
	readonly fromImage: { readonly kept: number; readonly offload: number };
	/** On the disk: files of quantised weights, in addition to the checkpoint's own. */
	readonly disk: number;
}

/** Forecasts a run's memory from the weights' shapes and the configurations. A pipeline without the option `offload` decides by it. */
export function forecastMemory(
	{ encoders, denoiser, vae }: CheckpointOutline,
	{ denoiser: dtype, T5, CLIP, vae: ofVae }: HeldAs = {},
): MemoryForecast {
	const ofEncoders = Object.entries(encoders).map(([name, { weights }]) =>
		name === "T5" ? holdWeights(weights, T5, { outliers: true }) : holdWeights(weights, CLIP),
	);
	const encoder = holdWeights(vae.checkpoint, ofVae, { loads: isEncoder });
	const held = {
		encoders: sumHeld(ofEncoders),
		denoiser: holdWeights(denoiser.checkpoint, dtype),
		vae: holdWeights(vae.checkpoint, ofVae, { loads: isDecoder }),
	};
	const activations = estimateActivations(denoiser.config, vae.config);
	const texts: Stage = { ...held.encoders, activations: 0 };
	const begins: Stage = { ...encoder, activations: activations?.vaeEncoder ?? 0 };
	const draws: Stage[] = [
		{ ...held.denoiser, activations: activations?.denoiser ?? 0 },
		{ ...held.vae, activations: activations?.vae ?? 0 },
	];
	return {
		encoders: held.encoders.memory,
		denoiser: held.denoiser.memory,
		vae: held.vae.memory,
		vaeEncoder: encoder.memory,
		activations,
		process: PROCESS,
		...peaksOf([texts, ...draws]),
		fromImage: peaksOf([texts, begins, ...draws]),
		disk: sumHeld(Object.values(held)).disk,
	};
}

interface Stage extends HeldWeights {
	activations: number;
}

function peaksOf(stages: readonly Stage[]): { kept: number; offload: number } {
	// Sessions keep the memory of their runs.
	const kept = PROCESS + stages.reduce((sum, { memory, activations }) => sum + memory + activations, 0);
	return { kept, offload: PROCESS + peakOf(stages) };
}

/** The peak if each stage is freed before the next. Memory of small weights stays with the process, and the next stage uses it. */
function peakOf(stages: readonly Stage[]): number {
	let [peak, stayed] = [0, 0];
	for (const { memory, staying, activations } of stages) {
		stayed = Math.max(stayed, staying);
		peak = Math.max(peak, stayed + memory - staying + activations);
	}
	return peak;
}

/** Bytes that a run may fill here: three quarters of the memory. */
export function usableMemory(): number {
	return SHARE * machineMemory();
}

/** Whether this number of bytes leaves enough of this machine's memory. */
export function fits(bytes: number): boolean {
	return bytes <= usableMemory();
}

/** The VAE's tensors that each run loads. A run that begins from a picture also loads the others. */
const isDecoder = (tensor: string) => /^(decoder|post_quant_conv)\./.test(tensor);
const isEncoder = (tensor: string) => /^(encoder|quant_conv)\./.test(tensor);
