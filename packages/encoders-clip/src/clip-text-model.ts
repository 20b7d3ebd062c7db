import {
	add,
	attention,
	embedding,
	gatherRows,
	gelu,
	layerNorm,
	linear,
	quickGelu,
	type Value,
	type Weights,
} from "@drum/graph";
import type { CLIPTextConfig } from "./config.ts";

// Mirrors transformers' CLIPTextModelWithProjection:
// https://github.com/huggingface/transformers/blob/v5.0.0/src/transformers/models/clip/modeling_clip.py

export interface CLIPTextOutputs {
	/** Hidden states after each layer, the embeddings first: `hiddenStates.at(-1)` is raw, before the final norm. Each `[batch, tokens, width]`. */
	hiddenStates: Value[];
	/** The end-of-text row of the last hidden state, normed, and projected if the checkpoint has a projection: `[batch, projection_dim]`. */
	textFeatures: Value;
}

/** Ids `[batch, tokens]` and the end-of-text position of each, int64 `[batch]`. Weights with or without the `text_model.` in front. */
export function clipTextModel(weights: Weights, config: CLIPTextConfig, ids: Value, endOfText: Value): CLIPTextOutputs {
	const w = weights.has("text_model") ? weights.at("text_model") : weights;
	let x = clipTextEmbeddings(w.at("embeddings"), config, ids);
	const hiddenStates = [x];
	for (let layer = 0; layer < config.num_hidden_layers; layer++) {
		x = clipEncoderLayer(w.at("encoder", "layers", layer), config, x);
		hiddenStates.push(x);
	}
	let textFeatures = layerNorm(w.at("final_layer_norm"), gatherRows(x, endOfText), config.layer_norm_eps);
	const projection = weights.dims("text_projection.weight");
	if (projection) {
		const out = config.projection_dim ?? projection[0]!;
		textFeatures = linear(weights.at("text_projection"), textFeatures, out, { bias: false });
	}
	return { hiddenStates, textFeatures };
}

function clipTextEmbeddings(w: Weights, config: CLIPTextConfig, ids: Value): Value {
	const { vocab_size, max_position_embeddings, hidden_size } = config;
	const tokens = embedding(w.at("token_embedding"), ids, vocab_size, hidden_size);
	return add(tokens, w.at("position_embedding").get("weight", [max_position_embeddings, hidden_size]));
}

function clipEncoderLayer(w: Weights, config: CLIPTextConfig, x: Value): Value {
	const { layer_norm_eps } = config;
	x = add(x, clipAttention(w.at("self_attn"), config, layerNorm(w.at("layer_norm1"), x, layer_norm_eps)));
	return add(x, clipMLP(w.at("mlp"), config, layerNorm(w.at("layer_norm2"), x, layer_norm_eps)));
}

function clipAttention(w: Weights, { hidden_size, num_attention_heads }: CLIPTextConfig, x: Value): Value {
	const q = linear(w.at("q_proj"), x, hidden_size);
	const k = linear(w.at("k_proj"), x, hidden_size);
	const v = linear(w.at("v_proj"), x, hidden_size);
	return linear(w.at("out_proj"), attention(q, k, v, { heads: num_attention_heads, causal: true }), hidden_size);
}

function clipMLP(w: Weights, { hidden_size, intermediate_size, hidden_act }: CLIPTextConfig, x: Value): Value {
	const activation = hidden_act === "gelu" ? gelu : quickGelu;
	return linear(w.at("fc2"), activation(linear(w.at("fc1"), x, intermediate_size)), hidden_size);
}
