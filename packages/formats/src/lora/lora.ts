import type { CheckpointTensor } from "@drum/tensor";

/** A factor of a LoRA: a tensor of its file, some of that tensor's rows, or these in another order. */
export type LoraFactor = CheckpointTensor;

/** What a LoRA adds to one layer of a model, `W + scale · ΔW`; nothing of it is computed here. A layer may have several. */
export type LoraModule = LowRank | Kronecker | Difference;

interface Module {
	/** The layer's path as the model gave it, such as `down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q`. */
	readonly path: string;
	/** Its network alpha over its rank, as its trainer has it; 1 where the file has no alpha. */
	readonly scale: number;
}

interface Decomposed extends Module {
	/** DoRA's magnitude: `[out]`, or `[1, in]` where it is one for each input. */
	readonly magnitude?: LoraFactor | undefined;
}

/**
 * `ΔW = up · down`. Of a linear layer `up [out, rank]`, `down [rank, in]`; of a convolution `down [rank, in, height, width]`,
 * `up [out, rank, 1, 1]`, and with `mid [rank, rank, height, width]` between them `down [rank, in, 1, 1]`.
 */
export interface LowRank extends Decomposed {
	readonly kind: "low-rank";
	readonly down: LoraFactor;
	readonly up: LoraFactor;
	/** LoCon's kernel between two 1 × 1 convolutions. */
	readonly mid?: LoraFactor | undefined;
	/** `[out]`: the layer's bias becomes `b + scale · bias`. */
	readonly bias?: LoraFactor | undefined;
}

/**
 * LoKr: `ΔW = w1 ⊗ w2`, each whole, or the product of two. `w1 [l, m]`, `w2 [k, n]`, of a convolution `[k, n, height, width]`, whose
 * product of two is `[k, rank] · [rank, n · height · width]`.
 */
export interface Kronecker extends Decomposed {
	readonly kind: "kronecker";
	readonly w1: readonly [LoraFactor] | readonly [a: LoraFactor, b: LoraFactor];
	readonly w2: readonly [LoraFactor] | readonly [a: LoraFactor, b: LoraFactor];
	/** LoKr's kernel `[rank, rank, height, width]` between the two of `w2`, which are `[rank, k]` and `[rank, n]` then. */
	readonly t2?: LoraFactor | undefined;
	/** Which rows of the product are this layer's, first and count, in its own order, where the file joins layers; else all. */
	readonly rows?: readonly (readonly [from: number, count: number])[] | undefined;
}

/** A whole difference: `ΔW`, as large as the weight, or of the bias `[out]`, or both. */
export interface Difference extends Module {
	readonly kind: "difference";
	readonly weight?: LoraFactor | undefined;
	readonly bias?: LoraFactor | undefined;
}

/** A LoRA file, read by its names. */
export interface Lora {
	/** What wrote it, in words, as `"kohya"`. */
	readonly format: string;
	/** Layers of the denoiser. */
	readonly denoiser: readonly LoraModule[];
	/** Layers of text encoders, by the encoders' names in a mix: `L`, `H`, `bigG`, `T5`; of each that the model has. */
	readonly encoders: Readonly<Record<string, readonly LoraModule[]>>;
	/** Tensors that belong to no layer of this model. */
	readonly unknown: readonly string[];
}
