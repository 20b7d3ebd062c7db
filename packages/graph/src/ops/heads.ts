import { type Dim, known, type Value } from "../value.ts";
import { concat, reshape, transpose } from "./shape.ts";

/** `[batch, rows, width]` → `[batch, heads, rows, head width]`. */
export function splitHeads(x: Value, heads: number): Value {
	const [batch, rows] = x.dims;
	return transpose(reshape(x, [batch!, rows!, heads, known(x, -1) / heads]), [0, 2, 1, 3]);
}

/** `[batch, heads, rows, head width]` → `[batch, rows, width]`. */
export function mergeHeads(x: Value): Value {
	const [batch, , rows] = x.dims;
	return reshape(transpose(x, [0, 2, 1, 3]), [batch!, rows!, known(x, 1) * known(x, 3)]);
}

/** Each head one element wider, which is `last`, a number or a value of one element: `[batch, rows, width + heads]`. */
export function widenHeads(x: Value, heads: number, last: Value | number): Value {
	const { graph, type, dims } = x;
	const [batch, rows] = dims as [Dim, Dim, Dim];
	const width = known(x, -1) / heads;
	const value = typeof last === "number" ? graph.scalar(last, type) : reshape(last, []);
	const inputs = [reshape(x, [batch, rows, heads, width]), graph.integers([0, 0, 0, 0, 0, 0, 0, 1]), value];
	const wider = graph.node("Pad", inputs, { dims: [batch, rows, heads, width + 1], type });
	return reshape(wider, [batch, rows, heads * (width + 1)]);
}

/** Repeats each head `times`, next to each other, for heads that share keys and values: `[batch, rows, times · width]`. */
export function repeatHeads(x: Value, heads: number, times: number): Value {
	if (times === 1) return x;
	const [batch, rows] = x.dims as [Dim, Dim, Dim];
	const width = known(x, -1);
	const each = reshape(x, [batch, rows, heads, 1, width / heads]);
	return reshape(concat(new Array<Value>(times).fill(each), 3), [batch, rows, times * width]);
}
