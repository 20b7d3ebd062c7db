import { reduceSum } from "../../ops/reduce.ts";
import { concat, reshapeLike, slice, splitLike, transpose, zerosLike } from "../../ops/shape.ts";
import { known, type Value } from "../../value.ts";
import { integersAt, numberOf, numbersOf, once, type Rule, rule, sumTo } from "../rule.ts";

export const SHAPE: Readonly<Record<string, Rule>> = {
	Identity: rule((grad) => [() => grad]),
	Reshape: rule((grad, [x]) => [() => reshapeLike(grad, x!), null]),
	Transpose: rule((grad, _, step) => [() => transpose(grad, inverse(numbersOf(step, "perm", [])))]),
	Concat: rule((grad, inputs, step) => {
		const axis = numberOf(step, "axis", 0);
		const parts = once(() => splitLike(grad, inputs, axis));
		return inputs.map((_, i) => () => sliceOf(grad, inputs, i, axis) ?? parts()[i]!);
	}),
	Split: (step) => [
		() => {
			const parts = step.grads.map((grad, i) => grad ?? zerosLike(step.outputs[i]!));
			return concat(parts, numberOf(step, "axis", 0));
		},
		null,
	],
	Slice: rule((grad, [x], step) => [
		() => {
			const [[from], [to], [axis]] = [1, 2, 3].map((at) => integersAt(step, at)) as [number[], number[], number[]];
			const pads = new Array<number>(2 * x!.dims.length).fill(0);
			pads[axis!] = from!;
			pads[axis! + x!.dims.length] = known(x!, axis!) - to!;
			return x!.graph.node("Pad", [grad, x!.graph.integers(pads)], { dims: x!.dims, type: grad.type });
		},
		null,
		null,
		null,
	]),
	Expand: rule((grad, [x]) => [() => sumTo(grad, x!), null]),
	Tile: rule((grad, [x]) => [() => reduceSum(apart(grad, x!), [0]), null]),
};

/** A part of a concatenation by itself, where its place is known: of the others no copy is made. */
function sliceOf(grad: Value, inputs: readonly Value[], part: number, axis: number): Value | undefined {
	let from = 0;
	for (const [i, { dims }] of inputs.entries()) {
		const extent = dims[axis];
		if (typeof extent !== "number") return undefined;
		if (i === part) return slice(grad, axis, from, from + extent);
		from += extent;
	}
	return undefined;
}

/** Copies along the first axis, on an axis of their own: `[copies, …dims of one]`. */
function apart(x: Value, { graph, dims, ...one }: Value): Value {
	const [all] = x.dims;
	const copies = typeof all === "number" && typeof dims[0] === "number" ? all / dims[0] : `${all}/${dims[0]}`;
	const shape = dims.every((dim) => typeof dim === "number")
		? graph.integers([-1, ...dims])
		: concat(
				[graph.integers([-1]), graph.node("Shape", [{ graph, dims, ...one }], { dims: [dims.length], type: "int64" })],
				0,
			);
	return graph.node("Reshape", [x, shape], { dims: [copies, ...dims], type: x.type });
}

function inverse(axes: readonly number[]): number[] {
	return axes.map((_, axis) => axes.indexOf(axis));
}
