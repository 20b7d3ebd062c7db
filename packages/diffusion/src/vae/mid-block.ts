import {
	add,
	attention,
	groupNorm,
	known,
	linear,
	product,
	reshape,
	transpose,
	type Value,
	type Weights,
} from "@drum/graph";
import type { VaeConfig } from "./config.ts";
import { resnetBlock2D } from "./resnet.ts";

// Mirrors diffusers' UNetMidBlock2D, which both halves of an AutoencoderKL have:
// https://github.com/huggingface/diffusers/blob/v0.36.0/src/diffusers/models/unets/unet_2d_blocks.py

/** Of all norms of an autoencoder. */
export const EPSILON = 1e-6;

export function unetMidBlock2D(w: Weights, config: VaeConfig, x: Value): Value {
	const width = known(x, 1);
	const options = { groups: config.norm_num_groups, epsilon: EPSILON };
	x = resnetBlock2D(w.at("resnets", 0), x, width, options);
	if (config.mid_block_add_attention) x = spatialAttention(w.at("attentions", 0), x, config.norm_num_groups);
	return resnetBlock2D(w.at("resnets", 1), x, width, options);
}

/** diffusers' `Attention` over the pixels, one head. */
function spatialAttention(w: Weights, x: Value, groups: number): Value {
	const [batch, , height, width] = x.dims;
	const channels = known(x, 1);
	const pixels = product([height!, width!]);
	const names = w.has("query") ? PUBLISHED : CURRENT;
	const normed = groupNorm(w.at("group_norm"), x, groups, EPSILON);
	const rows = transpose(reshape(normed, [batch!, channels, pixels]), [0, 2, 1]);
	const [q, k, v] = names.inputs.map((name) => linear(w.at(name), rows, channels));
	const mixed = linear(w.at(names.output), attention(q!, k!, v!, { heads: 1 }), channels);
	return add(reshape(transpose(mixed, [0, 2, 1]), x.dims), x);
}

/** Files written before diffusers 0.18 have other names: the published ones of SD 1 and 2. */
const PUBLISHED = { inputs: ["query", "key", "value"], output: "proj_attn" };
const CURRENT = { inputs: ["to_q", "to_k", "to_v"], output: "to_out.0" };
