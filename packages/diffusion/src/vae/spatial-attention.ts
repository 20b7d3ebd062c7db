import {
	add,
	attention,
	groupNorm,
	known,
	linear,
	pictureOfRows,
	pixelRows,
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
	const channels = known(x, 1);
	// Channels that are left over take no part.
	const heads = Math.floor(channels / (headWidth ?? channels));
	const inner = heads * (headWidth ?? channels);
	const names = w.has("query") ? PUBLISHED : CURRENT;
	const rows = pixelRows(groupNorm(w.at("group_norm"), x, groups, epsilon));
	const [q, k, v] = names.inputs.map((name) => linear(w.at(name), rows, inner));
	const mixed = linear(w.at(names.output), attention(q!, k!, v!, { heads }), channels);
	return add(pictureOfRows(mixed, x), x);
}

/** Files written before diffusers 0.18 have other names: the published ones of SD 1 and 2. */
const PUBLISHED = { inputs: ["query", "key", "value"], output: "proj_attn" };
const CURRENT = { inputs: ["to_q", "to_k", "to_v"], output: "to_out.0" };
