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

export interface SpatialAttentionOptions {
	groups: number;
	epsilon: number;
	/** Channels of a head. Default: all of them, in one head. */
	headWidth?: number | undefined;
}

/** diffusers' `Attention` over the pixels, with its own norm and residual. */
export function spatialAttention(w: Weights, x: Value, { groups, epsilon, headWidth }: SpatialAttentionOptions): Value {
	const [batch, , height, width] = x.dims;
	const channels = known(x, 1);
	const pixels = product([height!, width!]);
	// Channels that are left over take no part.
	const heads = Math.floor(channels / (headWidth ?? channels));
	const inner = heads * (headWidth ?? channels);
	const names = w.has("query") ? PUBLISHED : CURRENT;
	const normed = groupNorm(w.at("group_norm"), x, groups, epsilon);
	const rows = transpose(reshape(normed, [batch!, channels, pixels]), [0, 2, 1]);
	const [q, k, v] = names.inputs.map((name) => linear(w.at(name), rows, inner));
	const mixed = linear(w.at(names.output), attention(q!, k!, v!, { heads }), channels);
	return add(reshape(transpose(mixed, [0, 2, 1]), x.dims), x);
}

/** Files written before diffusers 0.18 have other names: the published ones of SD 1 and 2. */
const PUBLISHED = { inputs: ["query", "key", "value"], output: "proj_attn" };
const CURRENT = { inputs: ["to_q", "to_k", "to_v"], output: "to_out.0" };
