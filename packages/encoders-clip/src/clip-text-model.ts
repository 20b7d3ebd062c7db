import {
	add,
	extendedEmbedding,
	gatherRows,
	layerNorm,
	linear,
	type MoreRows,
	slice,
	type Value,
	type Weights,
} from "@drum/graph";
import { clipEncoderLayer } from "./clip-encoder-layer.ts";
import type { CLIPTextConfig } from "./config.ts";

// Mirrors transformers' CLIPTextModelWithProjection:
// https://github.com/huggingface/transformers/blob/v5.0.0/src/transformers/models/clip/modeling_clip.py

export interface CLIPTextOutputs {
	/** Hidden states after each layer, the embeddings first: `hiddenStates.at(-1)` is raw, before the final norm. Each `[batch, tokens, width]`. */
	hiddenStates: Value[];
	/** The end-of-text row of the last hidden state, normed, and projected if the checkpoint has a projection: `[batch, projection_dim]`. */
	textFeatures: Value;
}

/**
 * Takes ids `[batch, tokens]` and the end-of-text position of each prompt, int64 `[batch]`. The weights' names may have the prefix `text_model.`.
 * `learned` rows follow the table of tokens.
 */
export function clipTextModel(
	weights: Weights,
	config: CLIPTextConfig,
	ids: Value,
	endOfText: Value,
	learned: readonly MoreRows[] = [],
): CLIPTextOutputs {
	const w = weights.has("text_model") ? weights.at("text_model") : weights;
	let x = clipTextEmbeddings(w.at("embeddings"), config, ids, learned);
	const hiddenStates = [x];
	for (let layer = 0; layer < config.num_hidden_layers; layer++) {
		x = clipEncoderLayer(w.at("encoder", "layers", layer), config, x, true);
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

function clipTextEmbeddings(w: Weights, config: CLIPTextConfig, ids: Value, learned: readonly MoreRows[]): Value {
	const { vocab_size, max_position_embeddings, hidden_size } = config;
	const tokens = extendedEmbedding(w.at("token_embedding"), ids, vocab_size, hidden_size, learned);
	const positions = w.at("position_embedding").get("weight", [max_position_embeddings, hidden_size]);
	const count = ids.dims[1] as number;
	return add(tokens, count === max_position_embeddings ? positions : slice(positions, 0, 0, count));
}
