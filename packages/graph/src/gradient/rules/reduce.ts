import { div, mul } from "../../ops/elementwise.ts";
import { expandLike, reshape } from "../../ops/shape.ts";
import type { Value } from "../../value.ts";
import { integersAt, type Rule, rule } from "../rule.ts";

export const REDUCE: Readonly<Record<string, Rule>> = {
	ReduceSum: rule((grad, [x], step) => [() => spread(grad, x!, integersAt(step, 1)), null]),
	ReduceMean: rule((grad, [x], step) => [
		() => spread(share(grad, x!, integersAt(step, 1)), x!, integersAt(step, 1)),
		null,
	]),
};

/** A mean's derivative with respect to each of its elements. Their number may be unknown until the graph runs. */
function share(grad: Value, x: Value, axes: readonly number[]): Value {
	const { graph } = x;
	const extents = axes.map((axis) => x.dims[axis]!);
	if (extents.every((extent) => typeof extent === "number"))
		return mul(grad, 1 / extents.reduce((count, extent) => count * extent, 1));
	const [all, means] = [x, grad].map((value) => graph.node("Size", [value], { dims: [], type: "int64" }));
	return div(grad, graph.cast(div(all!, means!), grad.type));
}

/** Gives each element of `x` its sum's derivative. */
function spread(grad: Value, x: Value, axes: readonly number[]): Value {
	const kept = x.dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
	return expandLike(reshape(grad, kept), x);
}
