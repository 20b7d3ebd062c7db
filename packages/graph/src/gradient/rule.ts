import { ArgumentError } from "@drum/tensor";
import { reduceSum } from "../ops/reduce.ts";
import { reshape } from "../ops/shape.ts";
import type { Node, Value } from "../value.ts";

/** A node on the way from parameters to the loss, and the derivatives of the loss by its results, where it depends on them. */
export interface Step extends Node {
	readonly grads: readonly (Value | undefined)[];
}

/**
 * Derivatives by each input, in order; null for one that has none, such as indices. Each is emitted only when it is asked for.
 */
export type Rule = (step: Step) => readonly ((() => Value) | null)[];

/** The rule of an operator with one result, or of which the first alone may be on the way to the loss. */
export function rule(
	make: (grad: Value, inputs: readonly Value[], step: Step) => readonly ((() => Value) | null)[],
): Rule {
	return (step) => {
		const [grad, ...others] = step.grads;
		if (grad && others.every((other) => other === undefined)) return make(grad, step.inputs as readonly Value[], step);
		throw new ArgumentError({
			what: `the gradient of ${step.op} (${step.outputs[0]?.name})`,
			expected: "a loss that depends on its first result alone",
			found: "one that depends on another",
			next: "Keep the other results out of the loss",
		});
	};
}

/** What several derivatives share, emitted for the first that asks. */
export function once<T>(make: () => T): () => T {
	let made: { value: T } | undefined;
	return () => {
		made ??= { value: make() };
		return made.value;
	};
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

/** A list of integers among a node's attributes. */
export function numbersOf({ attributes }: Node, name: string, otherwise: readonly number[]): readonly number[] {
	const value = attributes[name];
	return typeof value === "object" && "ints" in value ? value.ints : otherwise;
}

/** The integers that a node takes as an input, known while the graph is built. */
export function integersAt({ inputs }: Node, at: number): readonly number[] {
	const value = inputs[at]!;
	return value.graph.integersOf(value);
}
