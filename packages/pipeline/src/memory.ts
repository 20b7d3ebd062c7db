import type { WeightDtype, WeightSource } from "@drum/graph";
import { estimateActivations } from "./activations.ts";
import { type HeldWeights, holdWeights, sumHeld } from "./held-weights.ts";
import { machineMemory } from "./machine-memory.ts";

/** Part of the memory that a run may fill; the rest is the system's, and that of files being read. */
const SHARE = 0.75;
/** Node.js and ONNX Runtime without a model, as measured. */
const PROCESS = 160_000_000;

/** What is known of a checkpoint before its weights are read: places and shapes of them, and the configurations. */
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

/** What the option `dtype` says of each model. */
export function heldAs(dtype: WeightDtype | HeldAs | undefined): HeldAs {
	if (typeof dtype === "object") return dtype;
	// Kernels are not held in 4 bits, and what is small is worth its 8.
	const small = dtype === "int4" ? "auto" : dtype;
	return { denoiser: dtype, T5: dtype, CLIP: small, adapters: small, vae: small };
}

/** What one picture of a model's own size takes on a CPU, without a profile. All but the picture's extents in bytes. */
export interface MemoryForecast {
	/** Weights as they are held: all text encoders'. */
	readonly encoders: number;
	/** The denoiser's weights. */
	readonly denoiser: number;
	/** The weights of the VAE's decoder. */
	readonly vae: number;
	/** The weights of the VAE's encoder, which a run loads too that begins from a picture. */
	readonly vaeEncoder: number;
	/** On top of the weights, and the picture's extents in pixels; undefined where the configurations are of no kind that is known. */
	readonly activations: ReturnType<typeof estimateActivations>;
	/** Node.js and ONNX Runtime themselves. */
	readonly process: number;
	/** At the peak when all models stay in memory. */
	readonly kept: number;
	/** At the peak of the largest of encoding, denoising and decoding, when each is freed for the next. */
	readonly offload: number;
	/** The same two of a run that begins from a picture. */
	readonly fromImage: { readonly kept: number; readonly offload: number };
	/** Files of quantised weights, on top of the checkpoint's own. */
	readonly disk: number;
}

/** Forecasts a run from the weights' shapes and the configurations: the rule by which a pipeline offloads by itself. */
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
	// Sessions keep what their runs needed.
	const kept = PROCESS + stages.reduce((sum, { memory, activations }) => sum + memory + activations, 0);
	return { kept, offload: PROCESS + peakOf(stages) };
}

/** The most that is held when each stage is freed for the next, in the place of whose small weights come those of the next. */
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

/** Whether so many bytes leave enough of this machine's memory. */
export function fits(bytes: number): boolean {
	return bytes <= usableMemory();
}

/** Of the VAE's tensors those that each run loads, and those of one that begins from a picture. */
const isDecoder = (tensor: string) => /^(decoder|post_quant_conv)\./.test(tensor);
const isEncoder = (tensor: string) => /^(encoder|quant_conv)\./.test(tensor);
