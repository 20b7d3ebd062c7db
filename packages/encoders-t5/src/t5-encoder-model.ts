import {
	ACTIVATIONS,
	add,
	cast,
	embedding,
	extendedEmbedding,
	gather,
	linear,
	type MoreRows,
	mul,
	reshape,
	sub,
	transpose,
	type Value,
	type Weights,
} from "@drum/graph";
import type { T5Config } from "./config.ts";
import { relativePositionBuckets } from "./relative-position.ts";

// Mirrors transformers' T5EncoderModel, without an attention mask: tokens attend to padding, as in diffusers' pipelines.
// https://github.com/huggingface/transformers/blob/v5.0.0/src/transformers/models/t5/modeling_t5.py
//
// T5 was trained in bfloat16 and leaves float16's range: the residual stream, its norms, the gate's product and `wo` are
// float32 in a float16 graph too.

/**
 * Ids `[batch, tokens]` → the encoder's output after its final norm `[batch, tokens, d_model]`, float32. `learned` rows follow the table of tokens.
 */
export function t5EncoderModel(
	weights: Weights,
	config: T5Config,
	ids: Value,
	tokens: number,
	learned: readonly MoreRows[] = [],
): Value {
	const { vocab_size, d_model, num_layers, layer_norm_epsilon } = config;
	const table = weights.has("shared") ? weights.at("shared") : weights.at("encoder", "embed_tokens");
	const w = weights.at("encoder");
	const bias = relativePositionBias(w.at("block", 0, "layer", 0, "SelfAttention"), config, tokens);
	let x = cast(extendedEmbedding(table, ids, vocab_size, d_model, learned), "float32");
	for (let layer = 0; layer < num_layers; layer++) x = t5Block(w.at("block", layer, "layer"), config, x, bias);
	return t5LayerNorm(w.at("final_layer_norm"), x, layer_norm_epsilon);
}

function t5Block(w: Weights, config: T5Config, x: Value, bias: Value): Value {
	const { graph } = w;
	const normed = (layer: number) =>
		cast(t5LayerNorm(w.at(layer, "layer_norm"), x, config.layer_norm_epsilon), graph.precision);
	x = add(x, cast(t5Attention(w.at(0, "SelfAttention"), config, normed(0), bias), "float32"));
	return add(x, t5DenseReluDense(w.at(1, "DenseReluDense"), config, normed(1)));
}

/** Scores are not scaled, because T5's initialisation accounts for that. The bias is added to them. */
function t5Attention(w: Weights, { d_model, d_kv, num_heads }: T5Config, x: Value, bias: Value): Value {
	const [q, k, v] = (["q", "k", "v"] as const).map((name) => linear(w.at(name), x, num_heads * d_kv, { bias: false }));
	const attributes = { num_heads: { int: num_heads }, scale: 1 };
	const inputs = [q!, k!, v!, null, null, bias];
	const attended = w.graph.node("MultiHeadAttention", inputs, { dims: q!.dims }, attributes, "com.microsoft");
	return linear(w.at("o"), attended, d_model, { bias: false });
}

/** T5DenseGatedActDense, or T5DenseActDense without a gate. */
function t5DenseReluDense(w: Weights, { d_model, d_ff, dense_act_fn, is_gated_act }: T5Config, x: Value): Value {
	const inner = (name: string) => linear(w.at(name), x, d_ff, { bias: false });
	const activated = cast(ACTIVATIONS[dense_act_fn](inner(is_gated_act ? "wi_0" : "wi")), "float32");
	const hidden = is_gated_act ? mul(activated, cast(inner("wi_1"), "float32")) : activated;
	return linear(w.at("wo"), hidden, d_model, { bias: false });
}

/** The bias `[1, heads, tokens, tokens]`, from the first block's table, for all blocks. */
function relativePositionBias(w: Weights, config: T5Config, tokens: number): Value {
	const { graph } = w;
	const { num_heads, relative_attention_num_buckets: buckets, relative_attention_max_distance: maxDistance } = config;
	const ofDistance = graph.integers(relativePositionBuckets(tokens, { buckets, maxDistance }));
	const rows = embedding(w.at("relative_attention_bias"), ofDistance, buckets, num_heads);
	const places = Array.from({ length: tokens }, (_, i) => i);
	const keys = graph.integers(places.map((place) => place + tokens - 1));
	const distances = sub(keys, reshape(graph.integers(places), [tokens, 1]));
	return reshape(transpose(gather(rows, distances), [2, 0, 1]), [1, num_heads, tokens, tokens]);
}

/** Root mean square norm in float32, whatever the graph computes in. */
function t5LayerNorm(w: Weights, x: Value, epsilon: number): Value {
	const weight = cast(w.get("weight", [x.dims.at(-1) as number]), "float32");
	const attributes = { axis: { int: -1 }, epsilon };
	return w.graph.node("SimplifiedLayerNormalization", [x, weight], { dims: x.dims, type: "float32" }, attributes);
}
