import {
	ACTIVATIONS,
	type ActivationName,
	add,
	attention,
	layerNorm,
	linear,
	type Value,
	type Weights,
} from "@drum/graph";

// Mirrors transformers' CLIPEncoderLayer, which both towers consist of:
// https://github.com/huggingface/transformers/blob/v5.0.0/src/transformers/models/clip/modeling_clip.py

export interface CLIPEncoderLayerConfig {
	readonly hidden_size: number;
	readonly intermediate_size: number;
	readonly num_attention_heads: number;
	readonly hidden_act: ActivationName;
	readonly layer_norm_eps: number;
}

/** `x` `[batch, tokens, hidden_size]`. `causal` in the text tower, where each token attends to itself and those before it. */
export function clipEncoderLayer(w: Weights, config: CLIPEncoderLayerConfig, x: Value, causal: boolean): Value {
	const { layer_norm_eps } = config;
	x = add(x, clipAttention(w.at("self_attn"), config, layerNorm(w.at("layer_norm1"), x, layer_norm_eps), causal));
	return add(x, clipMLP(w.at("mlp"), config, layerNorm(w.at("layer_norm2"), x, layer_norm_eps)));
}

function clipAttention(w: Weights, config: CLIPEncoderLayerConfig, x: Value, causal: boolean): Value {
	const { hidden_size, num_attention_heads: heads } = config;
	const q = linear(w.at("q_proj"), x, hidden_size);
	const k = linear(w.at("k_proj"), x, hidden_size);
	const v = linear(w.at("v_proj"), x, hidden_size);
	return linear(w.at("out_proj"), attention(q, k, v, { heads, causal }), hidden_size);
}

function clipMLP(w: Weights, { hidden_size, intermediate_size, hidden_act }: CLIPEncoderLayerConfig, x: Value): Value {
	return linear(w.at("fc2"), ACTIVATIONS[hidden_act](linear(w.at("fc1"), x, intermediate_size)), hidden_size);
}
