import type { Node } from "../onnx.ts";
import { reduceSum } from "../ops/reduce.ts";
import { reshape } from "../ops/shape.ts";
import type { Value } from "../value.ts";

/** A node on the way from parameters to the loss, and the derivatives of the loss by its results, where it depends on them. */
export interface Step extends Node {
	readonly grads: readonly (Value | undefined)[];
}

/**
 * Derivatives by each input, in order; null for one that has none, such as indices. Each is emitted only when it is asked for.
 */
export type Rule = (step: Step) => readonly ((() => Value) | null)[];

/** The rule of an operator with one result. */
export function rule(
	make: (grad: Value, inputs: readonly Value[], step: Step) => readonly ((() => Value) | null)[],
): Rule {
	return (step) => make(step.grads[0]!, step.inputs as readonly Value[], step);
}

/** A derivative by a value that was broadcast, summed over its copies. */
export function sumTo(grad: Value, { dims }: Value): Value {
	const extra = grad.dims.length - dims.length;
	const copied = grad.dims.flatMap((dim, axis) => {
		if (axis < extra) return [axis];
		return dims[axis - extra] === 1 && dim !== 1 ? [axis] : [];
	});
	return copied.length === 0 ? grad : reshape(reduceSum(grad, copied, { keep: extra === 0 }), dims);
}

/** A number among a node's attributes. */
export function numberOf({ attributes }: Node, name: string, otherwise: number): number {
	const value = attributes[name];
	if (typeof value === "number") return value;
	return typeof value === "object" && "int" in value ? value.int : otherwise;
}
