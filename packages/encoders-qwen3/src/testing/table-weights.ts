import type { Tensor } from "@drum/tensor";
import { type Stored, table, tableWeights } from "@drum/test-weights";
import type { Qwen3Config } from "../index.ts";

// Makes the same weights as tooling/golden/qwen3.py, because they are too large to keep.

/** All tensors of a Qwen3Model. */
export function qwen3Weights(config: Qwen3Config, type: Stored): Record<string, Tensor> {
	return tableWeights(shapesOf(config), type, { table: table(8), scaleOf });
}

/** A power of two, about twice the inverse root of the number of summands; 0 for a norm's weights. */
function scaleOf(name: string, dims: readonly number[]): number {
	if (name.includes("norm")) return 0;
	return name.includes("embed_tokens") || dims.length < 2 ? 1 : 2 ** (1 - Math.round(Math.log2(dims[1]!) / 2));
}

function shapesOf(config: Qwen3Config) {
	const { vocab_size, hidden_size, intermediate_size, num_hidden_layers, head_dim, attention_bias } = config;
	const [query, keys] = [config.num_attention_heads * head_dim, config.num_key_value_heads * head_dim];
	const shapes: Record<string, number[]> = {
		"embed_tokens.weight": [vocab_size, hidden_size],
		"norm.weight": [hidden_size],
	};
	for (let i = 0; i < num_hidden_layers; i++) {
		const [attn, mlp] = [`layers.${i}.self_attn`, `layers.${i}.mlp`];
		for (const [name, out] of Object.entries({ q: query, k: keys, v: keys, o: hidden_size })) {
			shapes[`${attn}.${name}_proj.weight`] = [out, name === "o" ? query : hidden_size];
			if (attention_bias) shapes[`${attn}.${name}_proj.bias`] = [out];
		}
		for (const name of ["q_norm", "k_norm"]) shapes[`${attn}.${name}.weight`] = [head_dim];
		for (const name of ["gate_proj", "up_proj"]) shapes[`${mlp}.${name}.weight`] = [intermediate_size, hidden_size];
		shapes[`${mlp}.down_proj.weight`] = [hidden_size, intermediate_size];
		for (const name of ["input_layernorm", "post_attention_layernorm"])
			shapes[`layers.${i}.${name}.weight`] = [hidden_size];
	}
	return shapes;
}
