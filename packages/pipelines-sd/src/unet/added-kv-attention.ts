import {
	add,
	attention,
	concat,
	groupNorm,
	known,
	layerNorm,
	linear,
	pictureOfRows,
	pixelRows,
	reshape,
	transpose,
	type Value,
	type Weights,
} from "@drum/graph";
import type { UNetConfig } from "./config-schema.ts";
import type { BlockInputs } from "./inputs.ts";

// Mirrors diffusers' Attention with AttnAddedKVProcessor2_0:
// https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/models/attention_processor.py

/** Groups of a condition's norm. */
const CROSS_GROUPS = 32;

export interface AddedKVOptions {
	/** Channels of each head. */
	headWidth: number;
	/** Whether pixels only attend to the condition, and not to each other. */
	onlyCross: boolean;
}

/** One attention of the pixels of `x` `[batch, channels, height, width]` to the condition and to each other. */
export function addedKVAttention(
	w: Weights,
	config: UNetConfig,
	x: Value,
	{ condition, widen }: BlockInputs,
	{ headWidth, onlyCross }: AddedKVOptions,
): Value {
	x = widen(x);
	const channels = known(x, 1);
	const heads = Math.floor(channels / headWidth);
	const inner = heads * headWidth;
	const context = normedCondition(w, config, condition);
	const pixels = pixelRows(groupNorm(w.at("group_norm"), x, config.norm_num_groups));
	const added = ["add_k_proj", "add_v_proj"].map((name) => linear(w.at(name), context, inner));
	const own = onlyCross ? [] : ["to_k", "to_v"].map((name) => linear(w.at(name), pixels, inner));
	const [k, v] = added.map((value, i) => (own[i] ? concat([value, own[i]], 1) : value));
	const attended = attention(linear(w.at("to_q"), pixels, inner), k!, v!, { heads });
	const rows = linear(w.at("to_out.0"), attended, channels);
	return add(pictureOfRows(rows, x), x);
}

function normedCondition(w: Weights, { cross_attention_norm: norm }: UNetConfig, condition: Value): Value {
	if (norm === null) return condition;
	if (norm === "layer_norm") return layerNorm(w.at("norm_cross"), condition);
	const [batch, tokens, width] = condition.dims;
	// A norm over groups of channels and all tokens.
	const turned = reshape(transpose(condition, [0, 2, 1]), [batch!, width!, tokens!, 1]);
	const normed = groupNorm(w.at("norm_cross"), turned, CROSS_GROUPS);
	return transpose(reshape(normed, [batch!, width!, tokens!]), [0, 2, 1]);
}
