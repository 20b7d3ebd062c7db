import {
	ACTIVATIONS,
	add,
	cast,
	concat,
	embedding,
	gather,
	linear,
	mul,
	repeatHeads,
	reshape,
	rmsNorm,
	slice,
	sub,
	type Value,
	type Weights,
} from "@drum/graph";
import type { Qwen3Config } from "./config.ts";
import { rotaryTable } from "./rotary-table.ts";

// Mirrors transformers' Qwen3Model:
// https://github.com/huggingface/transformers/blob/v5.24.0/src/transformers/models/qwen3/modeling_qwen3.py
//
// Qwen3 was trained in bfloat16, and some tokens' states leave float16's range: the residual stream, its norms, the gate's product and
// `down_proj` are float32 in a float16 graph too.

/** Inputs that all layers share: the attention mask and each token's angles. */
interface Surroundings {
	/** Added to the scores: `[1, 1, tokens, tokens]`. */
	mask: Value;
	/** Cosines of the angles, for half a head: `[tokens, 1, head_dim / 2]`. */
	cos: Value;
	sin: Value;
}

/**
 * Ids `[1, tokens]` → the hidden states `taps`, concatenated, `[1, tokens, taps · hidden_size]`, float32. Layers after the last of them are left out.
 * `places` `[tokens]` counts the tokens from 0, up to `mostTokens`. `mask` is added to each head's scores.
 */
export function qwen3Model(
	weights: Weights,
	config: Qwen3Config,
	inputs: { ids: Value; places: Value; mask: Value; mostTokens: number },
	taps: readonly number[],
): Value {
	const { vocab_size, hidden_size, num_hidden_layers, rms_norm_eps, head_dim, rope_theta } = config;
	const { graph } = weights;
	const w = weights.has("model") ? weights.at("model") : weights;
	const { cos, sin } = rotaryTable(inputs.mostTokens, head_dim, rope_theta);
	const rows = (table: Float32Array) => {
		const taken = gather(graph.constant(table, [inputs.mostTokens, head_dim / 2]), inputs.places);
		return reshape(taken, [taken.dims[0]!, 1, head_dim / 2]);
	};
	const around = { mask: inputs.mask, cos: rows(cos), sin: rows(sin) };
	let x = cast(embedding(embeddings(weights, w, config), inputs.ids, vocab_size, hidden_size), "float32");
	const states = [x];
	const last = Math.max(...taps);
	for (let layer = 0; layer < Math.min(last, num_hidden_layers); layer++) {
		x = qwen3DecoderLayer(w.at("layers", layer), config, x, around);
		states.push(x);
	}
	if (last === num_hidden_layers) states[last] = qwen3RMSNorm(w.at("norm"), x, rms_norm_eps);
	const given = taps.map((tap) => states[tap]!);
	return given.length === 1 ? given[0]! : concat(given, 2);
}

/** The table of words. If it is tied to the output layer's table, a file may only have that one. */
function embeddings(weights: Weights, w: Weights, { tie_word_embeddings }: Qwen3Config): Weights {
	const isElsewhere = tie_word_embeddings && !w.has("embed_tokens") && weights.has("lm_head");
	return isElsewhere ? weights.at("lm_head") : w.at("embed_tokens");
}

function qwen3DecoderLayer(w: Weights, config: Qwen3Config, x: Value, around: Surroundings): Value {
	const { precision } = w.graph;
	const normed = (name: string) => cast(qwen3RMSNorm(w.at(name), x, config.rms_norm_eps), precision);
	x = add(x, cast(qwen3Attention(w.at("self_attn"), config, normed("input_layernorm"), around), "float32"));
	return add(x, qwen3MLP(w.at("mlp"), config, normed("post_attention_layernorm")));
}

/** Grouped-query attention: several heads share keys and values. Each head's query and key are normed before the rotary embedding. */
function qwen3Attention(w: Weights, config: Qwen3Config, x: Value, { mask, cos, sin }: Surroundings): Value {
	const { hidden_size, num_attention_heads, num_key_value_heads, head_dim, rms_norm_eps, attention_bias } = config;
	const bias = { bias: attention_bias };
	const projected = (name: string, heads: number) => linear(w.at(name), x, heads * head_dim, bias);
	const turned = (name: "q" | "k", heads: number) => {
		const rows = projected(`${name}_proj`, heads);
		const [batch, tokens] = rows.dims;
		const each = reshape(rows, [batch!, tokens!, heads, head_dim]);
		return reshape(applyRotary(rmsNorm(w.at(`${name}_norm`), each, rms_norm_eps), cos, sin), rows.dims);
	};
	const group = num_attention_heads / num_key_value_heads;
	const q = turned("q", num_attention_heads);
	const k = repeatHeads(turned("k", num_key_value_heads), num_key_value_heads, group);
	const v = repeatHeads(projected("v_proj", num_key_value_heads), num_key_value_heads, group);
	const attributes = { num_heads: { int: num_attention_heads } };
	const inputs = [q, k, v, null, null, mask];
	const attended = w.graph.node("MultiHeadAttention", inputs, { dims: q.dims }, attributes, "com.microsoft");
	return linear(w.at("o_proj"), attended, hidden_size, bias);
}

/** Rotary embedding of `x` `[1, tokens, heads, head_dim]`: rotates each pair of elements, one from each half of a head, by its token's angle. */
function applyRotary(x: Value, cos: Value, sin: Value): Value {
	const width = x.dims.at(-1) as number;
	const [first, second] = [slice(x, -1, 0, width / 2), slice(x, -1, width / 2, width)];
	return concat([sub(mul(first, cos), mul(second, sin)), add(mul(second, cos), mul(first, sin))], -1);
}

function qwen3MLP(w: Weights, { hidden_size, intermediate_size, hidden_act }: Qwen3Config, x: Value): Value {
	const inner = (name: string) => linear(w.at(name), x, intermediate_size, { bias: false });
	const gate = cast(ACTIVATIONS[hidden_act](inner("gate_proj")), "float32");
	return linear(w.at("down_proj"), mul(gate, cast(inner("up_proj"), "float32")), hidden_size, { bias: false });
}

/** In float32, in graphs of any precision. */
function qwen3RMSNorm(w: Weights, x: Value, epsilon: number): Value {
	const weight = cast(w.get("weight", [x.dims.at(-1) as number]), "float32");
	const attributes = { axis: { int: -1 }, epsilon };
	return w.graph.node("SimplifiedLayerNormalization", [x, weight], { dims: x.dims, type: "float32" }, attributes);
}
