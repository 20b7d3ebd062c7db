import type { Dim, Value } from "../value.ts";

const reduction =
	(op: string) =>
	(x: Value, axes: readonly number[], { keep = false } = {}): Value => {
		const at = axes.map((axis) => (axis < 0 ? axis + x.dims.length : axis));
		const dims = x.dims.flatMap((dim, axis): Dim[] => (at.includes(axis) ? (keep ? [1] : []) : [dim]));
		return x.graph.node(op, [x, x.graph.integers(at)], { dims, type: x.type }, { keepdims: { int: Number(keep) } });
	};

/** Sum over axes, which stay with extent 1 if `keep`. */
export const reduceSum = reduction("ReduceSum");
/** Mean over axes, which stay with extent 1 if `keep`. */
export const reduceMean = reduction("ReduceMean");
