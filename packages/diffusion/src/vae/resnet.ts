import {
	add,
	conv2d,
	groupNorm,
	known,
	linear,
	silu,
	slice,
	upsampleConv2d,
	upsampleNearest2x,
	type Value,
	type Weights,
} from "@drum/graph";

// Mirrors diffusers' ResnetBlock2D and Upsample2D:
// https://github.com/huggingface/diffusers/blob/v0.36.0/src/diffusers/models/resnet.py

export interface ResnetOptions {
	groups: number;
	epsilon: number;
	/** SiLU of the time embedding, `[1, width]`, if the block has one. */
	time?: Value | undefined;
}

/** `[batch, in, height, width]` → `[batch, out, height, width]`. */
export function resnetBlock2D(w: Weights, x: Value, out: number, { groups, epsilon, time }: ResnetOptions): Value {
	let h = silu(groupNorm(w.at("norm1"), x, groups, epsilon));
	const shift = time && linear(w.at("time_emb_proj"), time, out);
	h = conv2d(w.at("conv1"), h, out, 3, { padding: 1, shift });
	h = silu(groupNorm(w.at("norm2"), h, groups, epsilon));
	h = conv2d(w.at("conv2"), h, out, 3, { padding: 1 });
	return add(known(x, 1) === out ? x : conv2d(w.at("conv_shortcut"), x, out, 1), h);
}

/** Twice the height and width, or one less where `to` says so, then a convolution. */
export function upsample2D(w: Weights, x: Value, to?: { height: number; width: number }): Value {
	const channels = known(x, 1);
	const { height, width } = to ?? { height: 2 * known(x, 2), width: 2 * known(x, 3) };
	if (height === 2 * known(x, 2) && width === 2 * known(x, 3)) return upsampleConv2d(w.at("conv"), x, channels);
	const cropped = slice(slice(upsampleNearest2x(x), 2, 0, height), 3, 0, width);
	return conv2d(w.at("conv"), cropped, channels, 3, { padding: 1 });
}
