import type { Difference, Kronecker, LowRank } from "@drum/formats";
import { conv2d } from "../ops/conv.ts";
import { mul } from "../ops/elementwise.ts";
import { matmul } from "../ops/linalg.ts";
import { reshape } from "../ops/shape.ts";
import { known, product, type Value } from "../value.ts";
import type { LayerLora } from "./graph-loras.ts";
import { countRows, kroneckerFactors, ownRows } from "./kronecker-factors.ts";

/** The layer's own convolution by another kernel of its extent, without a bias. */
export type Convolve = (x: Value, kernel: Value) => Value;

/** What a LoRA adds to a convolution's result; null where that is nothing. */
export function convBranch(
	lora: LayerLora,
	x: Value,
	[out, kernel]: readonly [out: number, kernel: number],
	convolve: Convolve,
): Value | null {
	const { module } = lora;
	switch (module.kind) {
		case "low-rank":
			return lowRank(lora, module, x, [out, kernel], convolve);
		case "kronecker":
			return kronecker(lora, module, x, [out, kernel], convolve);
		case "difference":
			return difference(lora, module, x, [out, kernel], convolve);
	}
}

type Extents = readonly [out: number, kernel: number];

function lowRank(
	lora: LayerLora,
	{ down, mid, up }: LowRank,
	x: Value,
	[out, kernel]: Extents,
	convolve: Convolve,
): Value {
	const [rank, width] = [down.dims[0]!, known(x, 1)];
	const [last, extent] = mid ? [mid.dims[0]!, 1] : [rank, kernel];
	const narrow = lora.factor("down", down, [rank, width, extent, extent], x.type);
	const wide = lora.factor("up", up, [out, last, 1, 1], x.type);
	const between = mid && lora.factor("mid", mid, [last, rank, kernel, kernel], x.type);
	const hidden = between ? convolve(conv2d(x, narrow, null), between) : convolve(x, narrow);
	return conv2d(mul(hidden, lora.scale(x.type)), wide, null);
}

/** Channels `[m · n]` are `m` pictures of `n` channels for `w2`, and `w1` mixes what comes of them. */
function kronecker(lora: LayerLora, module: Kronecker, x: Value, [out, kernel]: Extents, convolve: Convolve): Value {
	const { w1, w2, dims } = kroneckerFactors(lora, module, x.type, [kernel, kernel]);
	lora.checkDims([countRows(module, dims[0]), dims[1]], [out, known(x, 1)]);
	const [batch, , height, width] = x.dims;
	const m = known(w1, 1);
	const pictures = reshape(x, [product([batch!, m]), dims[1] / m, height!, width!]);
	// Of several kernels only one is as large as the layer's own; of 1 × 1 ones any is.
	const own = w2.findLast((each) => each.dims[2] === kernel);
	const inner = w2
		.toReversed()
		.reduce((value, each) => (each === own ? convolve(value, each) : conv2d(value, each, null)), pictures);
	const [, k, newHeight, newWidth] = inner.dims;
	const rows = reshape(inner, [batch!, m, product([k!, newHeight!, newWidth!])]);
	const mixed = matmul(mul(w1, lora.scale(x.type)), rows);
	return ownRows(module, reshape(mixed, [batch!, dims[0], newHeight!, newWidth!]), 1);
}

function difference(
	lora: LayerLora,
	{ weight }: Difference,
	x: Value,
	[out, kernel]: Extents,
	convolve: Convolve,
): Value | null {
	if (!weight) return null;
	const whole = lora.factor("weight", weight, [out, known(x, 1), kernel, kernel], x.type);
	return convolve(mul(x, lora.scale(x.type)), whole);
}
