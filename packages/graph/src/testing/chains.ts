import type { Graph, Value } from "../index.ts";
import { add, div, gelu, mul, silu, sub, tanh } from "../ops/elementwise.ts";
import { matmul, softmax } from "../ops/linalg.ts";
import { layerNorm, rmsNorm } from "../ops/norm.ts";
import { reduceMean } from "../ops/reduce.ts";
import { concat, reshape, slice, split, transpose } from "../ops/shape.ts";
import { known } from "../value.ts";

/** The largest extent that a link leaves. */
export const LARGEST = 8;

/** A part of the table of weights `[8, 8]`. */
const part = (table: Value, rows: number, columns: number) => slice(slice(table, 0, 0, rows), 1, 0, columns);
const row = (table: Value, width: number) => reshape(part(table, 1, width), [width]);

/** Functions of `x` `[a, b, c]` and a table of weights, of three axes again; smooth, and none much steeper than 1. */
export const LINKS: Readonly<Record<string, (x: Value, table: Value) => Value>> = {
	shifted: (x, table) => add(x, row(table, known(x, -1))),
	scaled: (x, table) => mul(x, reshape(part(table, known(x, 1), 1), [known(x, 1), 1])),
	divided: (x) => div(x, add(mul(x, x), 1)),
	tanh: (x) => tanh(x),
	gelu: (x) => gelu(x),
	silu: (x) => silu(x),
	matmul: (x, table) => matmul(x, part(table, known(x, -1), 4), { scale: 0.5 }),
	"matmul from the left": (x, table) => matmul(part(table, 3, known(x, 1)), x, { scale: 0.5 }),
	"matmul transposed": (x, table) => matmul(x, part(table, 5, known(x, -1)), { transB: true, scale: 0.5 }),
	"products of rows": (x) => tanh(matmul(x, x, { transB: true, scale: 0.5 })),
	"products of columns": (x) => tanh(matmul(x, x, { transA: true, scale: 0.5 })),
	softmax: (x) => mul(softmax(x), 4),
	"softmax over rows": (x) => mul(softmax(x, 1), 4),
	layerNorm: (x, table) => layerNorm(x, row(table, known(x, -1)), row(table, known(x, -1)), 0.5),
	rmsNorm: (x, table) => rmsNorm(x, row(table, known(x, -1)), 0.5),
	centred: (x) => sub(x, reduceMean(x, [1], { keep: true })),
	turned: (x) => transpose(x, [1, 2, 0]),
	swapped: (x) => transpose(x, [0, 2, 1]),
	reshaped: (x) => reshape(x, [known(x, 2), known(x, 0), known(x, 1)]),
	joined: (x) => (2 * known(x, 1) > LARGEST ? x : concat([x, mul(x, -0.5)], 1)),
	halved: (x) => {
		if (known(x, -1) % 2 === 1) return x;
		const [a, b] = split(x, 2, -1);
		return mul(a!, b!);
	},
	"with itself": (x) => add(x, reshape(transpose(x, [2, 1, 0]), x.dims)),
};

/** One link after the other. */
export function chain(links: readonly string[], x: Value, table: Value): Value {
	return links.reduce((value, link) => LINKS[link]!(value, table), x);
}

/** The inputs of chains. */
export function chainInputs(graph: Graph): { x: Value; table: Value } {
	return { x: graph.input("x", "float32", [2, 3, 4]), table: graph.input("table", "float32", [LARGEST, LARGEST]) };
}
