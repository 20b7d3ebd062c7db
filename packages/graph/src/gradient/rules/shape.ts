import type { Node } from "../../onnx.ts";
import { mul } from "../../ops/elementwise.ts";
import { concat, reshape, splitLike, transpose } from "../../ops/shape.ts";
import { numberOf, type Rule, rule } from "../rule.ts";

export const SHAPE: Readonly<Record<string, Rule>> = {
	Identity: rule((grad) => [() => grad]),
	Reshape: rule((grad, [x]) => [() => reshape(grad, x!.dims), null]),
	Transpose: rule((grad, _, step) => [() => transpose(grad, inverse(order(step)))]),
	Concat: rule((grad, inputs, step) => {
		const parts = once(() => splitLike(grad, inputs, numberOf(step, "axis", 0)));
		return inputs.map((_, i) => () => parts()[i]!);
	}),
	Split: (step) => [
		() => {
			const parts = step.grads.map((grad, i) => grad ?? mul(step.outputs[i]!, 0));
			return concat(parts, numberOf(step, "axis", 0));
		},
	],
};

function once<T>(make: () => T): () => T {
	let made: { value: T } | undefined;
	return () => {
		made ??= { value: make() };
		return made.value;
	};
}

/** A transposition's order of axes. */
function order({ attributes }: Node): readonly number[] {
	const { perm } = attributes;
	return typeof perm === "object" && "ints" in perm ? perm.ints : [];
}

function inverse(axes: readonly number[]): number[] {
	return axes.map((_, axis) => axes.indexOf(axis));
}
