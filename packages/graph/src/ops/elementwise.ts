import { broadcast, type Value, type ValueType } from "../value.ts";
import { ofBoth, ofEach } from "./channels-last.ts";

const binary =
	(op: string) =>
	(a: Value, b: Value | number): Value => {
		const other = typeof b === "number" ? a.graph.scalar(b, a.type) : b;
		return ofBoth(a, other, (a, b) => a.graph.node(op, [a, b], { dims: broadcast(a, b), type: a.type }));
	};

const unary =
	(op: string, domain: "" | "com.microsoft" = "", attributes: Readonly<Record<string, number>> = {}) =>
	(x: Value): Value =>
		ofEach(x, (x) => x.graph.node(op, [x], { dims: x.dims, type: x.type }, attributes, domain));

export const add = binary("Add");
export const sub = binary("Sub");
export const mul = binary("Mul");
export const div = binary("Div");
export const exp = unary("Exp");
export const sin = unary("Sin");
export const cos = unary("Cos");
export const sigmoid = unary("Sigmoid");
export const sqrt = unary("Sqrt");
export const tanh = unary("Tanh");
export const erf = unary("Erf");
export const neg = unary("Neg");

/** `max(x, 0)`. */
export const relu = unary("Relu");
/** `ln(1 + eˣ)`. */
export const softplus = unary("Softplus");

/** `x · tanh(softplus(x))`. */
export function mish(x: Value): Value {
	return mul(x, tanh(softplus(x)));
}

/** `x · sigmoid(1.702 · x)`: ONNX Runtime's fused kernel. */
export function quickGelu(x: Value, alpha = 1.702): Value {
	return unary("QuickGelu", "com.microsoft", { alpha })(x);
}

/** `x · sigmoid(x)`, also known as swish: QuickGelu with α = 1 does it in one pass. */
export function silu(x: Value): Value {
	return quickGelu(x, 1);
}

/** The exact GELU, by the error function. */
export const gelu = unary("Gelu", "com.microsoft");

/** The value itself where it has the type already. */
export function cast(x: Value, type: ValueType): Value {
	return x.graph.cast(x, type);
}

/** GELU by its approximation with tanh: PyTorch's `gelu(approximate="tanh")`, transformers' `gelu_new`. */
export const geluTanh = unary("FastGelu", "com.microsoft");

/** `a` where the condition holds, elsewhere `b`; the condition bool, of the shape of `a`. */
export function where(condition: Value, a: Value, b: Value | number): Value {
	const other = typeof b === "number" ? a.graph.scalar(b, a.type) : b;
	return a.graph.node("Where", [condition, a, other], { dims: broadcast(a, other), type: a.type });
}
