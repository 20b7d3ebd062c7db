import { mul } from "../../ops/elementwise.ts";
import { expandLike, reshape } from "../../ops/shape.ts";
import { known, type Value } from "../../value.ts";
import { type Rule, rule, type Step } from "../rule.ts";

export const REDUCE: Readonly<Record<string, Rule>> = {
	ReduceSum: rule((grad, [x], step) => [() => spread(grad, x!, axesOf(step)), null]),
	ReduceMean: rule((grad, [x], step) => {
		const axes = axesOf(step);
		const count = () => axes.reduce((size, axis) => size * known(x!, axis), 1);
		return [() => spread(mul(grad, 1 / count()), x!, axes), null];
	}),
};

function axesOf({ inputs }: Step): readonly number[] {
	const [, axes] = inputs;
	return axes!.graph.integersOf(axes!);
}

/** Gives each element of `x` its sum's derivative. */
function spread(grad: Value, x: Value, axes: readonly number[]): Value {
	const kept = x.dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
	return expandLike(reshape(grad, kept), x);
}
