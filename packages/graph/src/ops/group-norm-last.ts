import { type Dim, known, type Value } from "../value.ts";
import { add, div, mul, sqrt, sub } from "./elementwise.ts";
import { matmul } from "./linalg.ts";
import { reduceMean } from "./reduce.ts";
import { reshape } from "./shape.ts";

/**
 * `x` `[batch, height, width, channels]`, statistics over each group of channels. The means over pixels are products with a row, the
 * only sums along the outer axis for which ONNX Runtime has a fast kernel.
 */
export function groupNormLast(x: Value, weight: Value, bias: Value, groups: number, epsilon: number): Value {
	const { graph } = x;
	const [batch, height, width] = x.dims as [Dim, number, number];
	const channels = known(x, 3);
	const pixels = height * width;
	const rows = reshape(x, [batch, pixels, channels]);
	const share = graph.whileLoading(() => {
		const dims = [1, pixels];
		return graph.node("Expand", [graph.scalar(1 / pixels), graph.integers(dims)], { dims });
	});
	const each = [groups, channels / groups];
	const meanOf = (value: Value) => reduceMean(reshape(matmul(share, value), [batch, ...each]), [2], { keep: true });
	const mean = meanOf(rows);
	const variance = sub(meanOf(mul(rows, rows)), mul(mean, mean));
	const least = graph.node("Max", [variance, graph.scalar(0)], { dims: variance.dims });
	const scale = div(reshape(weight, [1, ...each]), sqrt(add(least, epsilon)));
	const shift = sub(reshape(bias, [1, ...each]), mul(mean, scale));
	const [times, plus] = [scale, shift].map((value) => reshape(value, [batch, 1, 1, channels]));
	return add(mul(x, times!), plus!);
}
