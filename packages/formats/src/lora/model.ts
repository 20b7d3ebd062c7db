import type { Tensor, TensorSource } from "@drum/tensor";

/** The file of a LoRA. A `Checkpoint` of `@drum/tensor` is one. */
export interface LoraFile extends TensorSource {
	readonly metadata: Readonly<Record<string, string>>;
	/** Reads a small tensor, such as an alpha. */
	read(tensor: string): Promise<Tensor>;
}

/** The shapes of the weights of a component's linear layers and convolutions, by the layers' paths. */
export type Layers = ReadonlyMap<string, readonly number[]>;

/** The layers that a LoRA may change, under diffusers' and transformers' names. */
export interface LoraModel {
	/** Leave it out if only a model's encoders are open. What a file has for the denoiser is then skipped. */
	readonly denoiser?: Layers | undefined;
	/** In the pipeline's order. */
	readonly encoders: readonly LoraEncoder[];
}

export interface LoraEncoder {
	/** Its name in a mix: `L`, `H`, `bigG` or `T5`. */
	readonly name: string;
	readonly layers: Layers;
}

const WEIGHT = ".weight";
/** Embedding tables, to which no LoRA adds anything. */
const TABLE = /(^|\.)(token_embedding|position_embedding|shared|embed_tokens|relative_attention_bias)$/;

/** The layers of a component's checkpoint: all its weights with two or more dimensions, except embeddings. */
export function layersOf(component: Pick<TensorSource, "names" | "get">): Layers {
	const layers = new Map<string, readonly number[]>();
	for (const tensor of component.names()) {
		const path = tensor.slice(0, -WEIGHT.length);
		const dims = component.get(tensor)?.dims;
		if (tensor.endsWith(WEIGHT) && dims && dims.length > 1 && !TABLE.test(path)) layers.set(path, dims);
	}
	return layers;
}
