import { known, type Value } from "../value.ts";
import { conv2d } from "./conv.ts";
import { matmul } from "./linalg.ts";
import type { ChannelValue } from "./quantized.ts";
import { quantizedConv2d } from "./quantized-conv.ts";
import { concat, reshape } from "./shape.ts";

/** How a kernel's three taps fall on two pixels when each pixel stands twice: for the first of the twins, then the second. */
const TAPS = [
	[0, 1, 1],
	[0, 0, 1],
] as const;

/**
 * `conv2d(upsampleNearest2x(x), weight, bias, { padding: 1 })` with a 3×3 kernel, at 4/9 of the multiplications: among
 * doubled pixels several taps meet the same value, so each of the four parities of an output pixel is a 2×2 convolution
 * of `x` itself. Measured with the reordering at the end: 0.5 of the time.
 */
export function upsampleConv2d(x: Value, weight: Value | ChannelValue, bias: Value | null): Value {
	// Of codes there are no sums.
	if ("format" in weight) return quantizedConv2d(x, weight, bias, { padding: 1, doubled: true });
	const { graph } = x;
	const [out, width] = [known(weight, 0), known(weight, 1)];
	const parities = [0, 1].flatMap((row) =>
		[0, 1].map((column) => {
			const table = graph.constant(tapTable(row, column), [9, 4]);
			const kernel = graph.whileLoading(() => matmul(reshape(weight, [out * width, 9]), table));
			const padding = [1 - row, 1 - column, row, column] as const;
			return conv2d(x, reshape(kernel, [out, width, 2, 2]), bias, { padding });
		}),
	);
	const dims = [x.dims[0]!, out, 2 * known(x, 2), 2 * known(x, 3)];
	return graph.node("DepthToSpace", [concat(parities, 1)], { dims }, { blocksize: { int: 2 } });
}

/** `[9, 4]`: the taps of a 3×3 kernel that each tap of the 2×2 kernel is the sum of. */
function tapTable(row: number, column: number): Float32Array {
	const table = new Float32Array(9 * 4);
	for (const [i, y] of TAPS[row]!.entries()) {
		for (const [j, x] of TAPS[column]!.entries()) table[(3 * i + j) * 4 + 2 * y + x] = 1;
	}
	return table;
}
