import type { CheckpointTensor } from "@drum/tensor";

/** A factor of a LoRA: a tensor of its file, some of that tensor's rows, or these in another order. */
export type LoraFactor = CheckpointTensor;

/** What a LoRA adds to one layer of a model, `W + scale · ΔW`. This package does not compute it. A layer may have several. */
export type LoraModule = LowRank | Kronecker | Difference;

interface Module {
	/** The layer's path in the model, such as `down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q`. */
	readonly path: string;
	/** Its network alpha divided by its rank, or as its configuration says. 1 if the file has neither. */
	readonly scale: number;
}

interface Decomposed extends Module {
	/** DoRA's magnitude: `[out]` with one value for each output, or `[1, in]` with one for each input. */
	readonly magnitude?: LoraFactor | undefined;
}

/**
 * `ΔW = up · down`. A linear layer has `up [out, rank]` and `down [rank, in]`. A convolution has `up [out, rank, 1, 1]` and
 * `down [rank, in, height, width]`, or `down [rank, in, 1, 1]` if there is a `mid [rank, rank, height, width]` between them.
 */
export interface LowRank extends Decomposed {
	readonly kind: "low-rank";
	readonly down: LoraFactor;
	readonly up: LoraFactor;
	/** LoCon's kernel between two 1 × 1 convolutions, `[rank, rank, height, width]`. */
	readonly mid?: LoraFactor | undefined;
	/** `[out]`: the layer's bias becomes `b + scale · bias`. */
	readonly bias?: LoraFactor | undefined;
}

/**
 * LoKr: `ΔW = w1 ⊗ w2`. Each side is one tensor or a product of two. `w1` is `[l, m]`. `w2` is `[k, n]`, or `[k, n, height, width]` for a
 * convolution, as a product `[k, rank] · [rank, n · height · width]`.
 */
export interface Kronecker extends Decomposed {
	readonly kind: "kronecker";
	readonly w1: readonly [LoraFactor] | readonly [a: LoraFactor, b: LoraFactor];
	readonly w2: readonly [LoraFactor] | readonly [a: LoraFactor, b: LoraFactor];
	/** LoKr's kernel `[rank, rank, height, width]` between the factors of `w2`, which are then `[rank, k]` and `[rank, n]`. */
	readonly t2?: LoraFactor | undefined;
	/** If the file joins layers: the rows of the product that belong to this one, as first row and count, in the layer's order. */
	readonly rows?: readonly (readonly [from: number, count: number])[] | undefined;
}

/** A full difference of the weight, in its shape, or of the bias, `[out]`, or of both. */
export interface Difference extends Module {
	readonly kind: "difference";
	readonly weight?: LoraFactor | undefined;
	readonly bias?: LoraFactor | undefined;
}

/** The contents of a LoRA file. */
export interface Lora {
	/** The programs that wrote it, such as `"kohya"`. */
	readonly format: string;
	/** What it adds to layers of the denoiser. */
	readonly denoiser: readonly LoraModule[];
	/** What it adds to layers of each text encoder of the model, by the encoder's name in a mix: `L`, `H`, `bigG`, `T5`. */
	readonly encoders: Readonly<Record<string, readonly LoraModule[]>>;
	/** Tensors that belong to no layer of this model. */
	readonly unknown: readonly string[];
}
