import { mul } from "../../ops/elementwise.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { slice, transpose } from "../../ops/shape.ts";
import { known, type Value } from "../../value.ts";
import { numberOf, numbersOf, type Rule, rule, type Step } from "../rule.ts";

export const CONV: Readonly<Record<string, Rule>> = {
	Conv: rule((grad, [x, weight], step) => [
		() => byPicture(grad, x!, weight!, step),
		() => byKernel(grad, x!, weight!, step),
		() => reduceSum(grad, [0, 2, 3]),
	]),
	// Nearest, twice in both directions: each pixel's four copies.
	Resize: rule((grad, [x]) => [
		() => {
			const attributes = { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } };
			return mul(x!.graph.node("AveragePool", [grad], { dims: x!.dims, type: grad.type }, attributes), 4);
		},
		null,
		null,
	]),
	DepthToSpace: rule((grad, [x], step) => [
		() => {
			const blocksize = { int: numberOf(step, "blocksize", 2) };
			return x!.graph.node("SpaceToDepth", [grad], { dims: x!.dims, type: grad.type }, { blocksize });
		},
	]),
};

/** Strides, padding, the kernel's extents, and how many rows and columns at the end no tap falls on. */
function geometry(grad: Value, x: Value, weight: Value, step: Step) {
	const strides = numbersOf(step, "strides", [1, 1]);
	const pads = numbersOf(step, "pads", [0, 0, 0, 0]);
	const kernel = [known(weight, 2), known(weight, 3)];
	const left = kernel.map((extent, i) => {
		const padded = known(x, 2 + i) + pads[i]! + pads[i + 2]!;
		return padded - extent - strides[i]! * (known(grad, 2 + i) - 1);
	});
	return { strides, pads, kernel, left };
}

/** The transposed convolution. With other padding before than after, CUDA has none: the border is cut off afterwards. */
function byPicture(grad: Value, x: Value, weight: Value, step: Step): Value {
	const { strides, pads, kernel, left } = geometry(grad, x, weight, step);
	const [top, before, bottom, after] = pads as [number, number, number, number];
	const even = top === bottom && before === after;
	const [height, width] = [known(x, 2), known(x, 3)];
	const extents = even ? [height, width] : [height + top + bottom, width + before + after];
	const attributes = {
		kernel_shape: { ints: kernel },
		strides: { ints: strides },
		pads: { ints: even ? pads : [0, 0, 0, 0] },
		output_padding: { ints: left },
	};
	const dims = [...x.dims.slice(0, 2), ...extents];
	const whole = x.graph.node("ConvTranspose", [grad, weight], { dims, type: grad.type }, attributes);
	return even ? whole : cut(whole, [top, before], [height, width]);
}

/** Convolves the picture with the derivative: its batch axis becomes the channels, and its taps are a stride apart. */
function byKernel(grad: Value, x: Value, weight: Value, step: Step): Value {
	const { strides, pads, kernel, left } = geometry(grad, x, weight, step);
	const attributes = {
		kernel_shape: { ints: [known(grad, 2), known(grad, 3)] },
		dilations: { ints: strides },
		pads: { ints: pads },
	};
	const dims = [x.dims[1]!, grad.dims[1]!, kernel[0]! + left[0]!, kernel[1]! + left[1]!];
	const inputs = [x, grad].map((value) => transpose(value, [1, 0, 2, 3]));
	const taps = x.graph.node("Conv", inputs, { dims, type: grad.type }, attributes);
	return transpose(cut(taps, [0, 0], kernel), [1, 0, 2, 3]);
}

/** A part of a picture, from its row and column on. */
function cut(x: Value, from: readonly number[], extents: readonly number[]): Value {
	return [2, 3].reduce((rest, axis, i) => {
		if (from[i] === 0 && known(x, axis) === extents[i]) return rest;
		return slice(rest, axis, from[i]!, from[i]! + extents[i]!);
	}, x);
}
