import type { Value } from "@drum/graph";

const LARGEST = 65_504;

/** diffusers' `clip(-65504, 65504)` of a block's result in float16, whose sums would become infinite; any other value as it is. */
export function withinFloat16(x: Value): Value {
	if (x.type !== "float16") return x;
	const { graph } = x;
	return graph.node("Clip", [x, graph.scalar(-LARGEST), graph.scalar(LARGEST)], { dims: x.dims, type: x.type });
}
