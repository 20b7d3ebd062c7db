import { known, type Value } from "../value.ts";
import { reshape, transpose } from "./shape.ts";

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
