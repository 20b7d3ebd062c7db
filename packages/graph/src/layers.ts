import { conv2d as conv2dOp } from "./ops/conv.ts";
import { add } from "./ops/elementwise.ts";
import { affine } from "./ops/linalg.ts";
import {
	addLayerNorm as addLayerNormOp,
	groupNorm as groupNormOp,
	layerNorm as layerNormOp,
	rmsNorm as rmsNormOp,
} from "./ops/norm.ts";
import type { ChannelValue, QuantizedValue } from "./ops/quantized.ts";
import type { Conv2dOptions } from "./ops/quantized-conv.ts";
import { gather, reshape } from "./ops/shape.ts";
import { upsampleConv2d as upsampleConv2dOp } from "./ops/upsample-conv.ts";
import { known, type Value } from "./value.ts";
import type { Weights } from "./weights.ts";

// PyTorch's layers: each takes its place in the checkpoint, then what its `forward` takes, then its settings.

/** `nn.Linear`; the input's width is read off `x`, and it is computed in the type of `x`. */
export function linear(w: Weights, x: Value, out: number, { bias = true } = {}): Value {
	const values = w.compared(1, (w) => {
		const matrices = w.matrices("weight", [out, known(x, -1)], x);
		return products(w, x, matrices, [bias ? w.get("bias", [out]) : null]);
	});
	return values[0]!;
}

/** `nn.Linear` whose result is used in equal parts, `width` wide each: no operator takes it apart. */
export function linearParts(w: Weights, x: Value, width: number, parts: number): Value[] {
	return w.compared(parts, (w) => {
		const matrices = w.matrices("weight", [parts * width, known(x, -1)], x, parts);
		return products(w, x, matrices, w.parts("bias", [parts * width], parts));
	});
}

/** `nn.Conv2d` whose kernel `[out, in, size, size]` is as large as its stride, over patches `[…, in · size²]`. */
export function patchConv2d(w: Weights, patches: Value, out: number, size: number): Value {
	const width = known(patches, -1);
	const matrix = w.get("weight", [out, width / size ** 2, size, size], [out, width]);
	return products(w, patches, [matrix], [w.get("bias", [out])])[0]!;
}

/** A layer's product by each of its parts. */
function products(
	w: Weights,
	x: Value,
	matrices: readonly (Value | QuantizedValue)[],
	biases: readonly (Value | null)[],
): Value[] {
	const { loras } = w;
	if (loras.length > 0) return w.adapted.affine(loras, x, matrices, biases);
	return matrices.map((matrix, i) => affine(x, matrix, biases[i]!));
}

/** `nn.LayerNorm` over the last axis. */
export function layerNorm(w: Weights, x: Value, epsilon = 1e-5): Value {
	const width = known(x, -1);
	return layerNormOp(x, w.get("weight", [width]), w.get("bias", [width]), epsilon);
}

/** `nn.LayerNorm` of a sum. */
export function addLayerNorm(w: Weights, x: Value, y: Value, epsilon = 1e-5): Value {
	const width = known(x, -1);
	return addLayerNormOp(x, y, w.get("weight", [width]), w.get("bias", [width]), epsilon);
}

/** `nn.RMSNorm`: T5's and the transformers' own. */
export function rmsNorm(w: Weights, x: Value, epsilon = 1e-6): Value {
	return rmsNormOp(x, w.get("weight", [known(x, -1)]), epsilon);
}

/** `nn.GroupNorm` on `[batch, channels, height, width]`. */
export function groupNorm(w: Weights, x: Value, groups: number, epsilon = 1e-5): Value {
	const channels = known(x, 1);
	return groupNormOp(x, w.get("weight", [channels]), w.get("bias", [channels]), groups, epsilon);
}

/** `nn.Conv2d` with a square kernel; `shift` `[1, out]` is added to every pixel, as part of the bias. */
export function conv2d(
	w: Weights,
	x: Value,
	out: number,
	kernel: number,
	{ shift, bias = true, ...options }: Conv2dOptions & { shift?: Value | undefined; bias?: boolean | undefined } = {},
): Value {
	const own = bias ? w.get("bias", [out]) : null;
	const shifts = shift && reshape(shift, [out]);
	const shifted = own && shifts ? add(own, shifts) : (own ?? shifts ?? null);
	const values = w.compared(1, (w) => {
		const weight = w.kernel("weight", [out, known(x, 1), kernel, kernel]);
		return [convolved(w, x, weight, shifted, (value, own, shift) => conv2dOp(value, own, shift, options))];
	});
	return values[0]!;
}

/** Every pixel twice in both directions, then `nn.Conv2d` with a 3×3 kernel and padding 1. */
export function upsampleConv2d(w: Weights, x: Value, out: number, { bias = true } = {}): Value {
	const values = w.compared(1, (w) => {
		const weight = w.kernel("weight", [out, known(x, 1), 3, 3]);
		return [convolved(w, x, weight, bias ? w.get("bias", [out]) : null, upsampleConv2dOp)];
	});
	return values[0]!;
}

/** A layer's convolution by its kernel. */
function convolved(
	w: Weights,
	x: Value,
	weight: Value | ChannelValue,
	bias: Value | null,
	convolve: (x: Value, kernel: Value | ChannelValue, bias: Value | null) => Value,
): Value {
	const { loras } = w;
	return loras.length > 0 ? w.adapted.conv(loras, x, weight, bias, convolve) : convolve(x, weight, bias);
}

/** `nn.Embedding`. */
export function embedding(w: Weights, indices: Value, rows: number, width: number): Value {
	return w.graph.cast(gather(w.getStored("weight", [rows, width]), indices), w.graph.precision);
}
