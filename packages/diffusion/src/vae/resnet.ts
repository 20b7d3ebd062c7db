import {
	add,
	averagePool2x2,
	conv2d,
	div,
	groupNorm,
	known,
	linear,
	linearParts,
	mul,
	reshape,
	silu,
	slice,
	upsampleConv2d,
	upsampleNearest2x,
	type Value,
	type Weights,
} from "@drum/graph";
import type { Activation } from "../activations.ts";

// Mirrors diffusers' ResnetBlock2D and Upsample2D:
// https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/models/resnet.py

export interface ResnetOptions {
	groups: number;
	epsilon: number;
	/** Default SiLU. */
	activation?: Activation | undefined;
	/** The time embedding as the block's linear takes it, `[1, width]`, if the block has one. */
	time?: Value | undefined;
	/** Whether time scales what it shifts; it is then behind the norm. Default false. */
	scaleShift?: boolean | undefined;
	/** Divides the result. Default 1. */
	divisor?: number | undefined;
	/** Doubles or halves the extents within. */
	resample?: "up" | "down" | undefined;
}

/** `[batch, in, height, width]` → `[batch, out, height, width]`. */
export function resnetBlock2D(w: Weights, x: Value, out: number, options: ResnetOptions): Value {
	const { groups, epsilon, activation = silu, time, scaleShift = false, divisor = 1, resample } = options;
	let h = activation(groupNorm(w.at("norm1"), x, groups, epsilon));
	if (resample) [x, h] = [x, h].map(resample === "up" ? upsampleNearest2x : averagePool2x2) as [Value, Value];
	if (time && scaleShift) {
		h = conv2d(w.at("conv1"), h, out, 3, { padding: 1 });
		const steered = linearParts(w.at("time_emb_proj"), time, out, 2);
		const [scale, shift] = steered.map((value) => reshape(value, [1, out, 1, 1])) as [Value, Value];
		h = add(mul(groupNorm(w.at("norm2"), h, groups, epsilon), add(scale, 1)), shift);
	} else {
		const shift = time && linear(w.at("time_emb_proj"), time, out);
		h = groupNorm(w.at("norm2"), conv2d(w.at("conv1"), h, out, 3, { padding: 1, shift }), groups, epsilon);
	}
	h = conv2d(w.at("conv2"), activation(h), out, 3, { padding: 1 });
	const sum = add(known(x, 1) === out ? x : conv2d(w.at("conv_shortcut"), x, out, 1), h);
	return divisor === 1 ? sum : div(sum, divisor);
}

/** Twice the height and width, or one less where `to` says so, then a convolution. */
export function upsample2D(w: Weights, x: Value, to?: { height: number; width: number }): Value {
	const channels = known(x, 1);
	const { height, width } = to ?? { height: 2 * known(x, 2), width: 2 * known(x, 3) };
	if (height === 2 * known(x, 2) && width === 2 * known(x, 3)) return upsampleConv2d(w.at("conv"), x, channels);
	const cropped = slice(slice(upsampleNearest2x(x), 2, 0, height), 3, 0, width);
	return conv2d(w.at("conv"), cropped, channels, 3, { padding: 1 });
}
