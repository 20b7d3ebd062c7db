import type { CheckpointTensor } from "@drum/tensor/node";

/** A factor of a LoRA: a tensor of its file, or some of that tensor's rows. */
export type LoraFactor = CheckpointTensor;

/** What a LoRA adds to one layer of a model, `W + scale · ΔW`; nothing of it is computed here. */
export type LoraModule = LowRank | Kronecker;

interface Module {
	/** The layer's path in the model, as `down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q`. */
	readonly path: string;
	/** Its network alpha over its rank; 1 where the file has no alpha. */
	readonly scale: number;
	/** DoRA's magnitude, one for each output, or for each input where it is `[1, in]`. */
	readonly magnitude?: LoraFactor | undefined;
}

/** `ΔW = up · down`: of a linear layer `[out, rank] · [rank, in]`; of a convolution a kernel, then, where `mid` is, another, then a 1 × 1. */
export interface LowRank extends Module {
	readonly kind: "low-rank";
	readonly down: LoraFactor;
	readonly up: LoraFactor;
	/** LoCon's kernel between two 1 × 1 convolutions. */
	readonly mid?: LoraFactor | undefined;
	/** Added to the layer's bias. */
	readonly bias?: LoraFactor | undefined;
}

/** LoKr: `ΔW = w1 ⊗ w2`, each whole, or the product of two. */
export interface Kronecker extends Module {
	readonly kind: "kronecker";
	readonly w1: readonly [LoraFactor] | readonly [a: LoraFactor, b: LoraFactor];
	readonly w2: readonly [LoraFactor] | readonly [a: LoraFactor, b: LoraFactor];
	/** LoKr's kernel between the two of `w2`. */
	readonly t2?: LoraFactor | undefined;
}

/** A LoRA file, read by its names. */
export interface Lora {
	/** What wrote it, in words, as `"kohya"`. */
	readonly format: string;
	/** Layers of the denoiser. */
	readonly denoiser: readonly LoraModule[];
	/** Layers of text encoders, by the encoders' names in a mix: `L`, `bigG`, `T5`. */
	readonly encoders: Readonly<Record<string, readonly LoraModule[]>>;
	/** Tensors that belong to no layer of this model. */
	readonly unknown: readonly string[];
}
