import { add, cos, div, erf, exp, mul, neg, sigmoid, sin, sub, tanh, where } from "../../ops/elementwise.ts";
import type { Value } from "../../value.ts";
import { numberOf, type Rule, rule, sumTo } from "../rule.ts";

/** The rule of a function of one value, by its derivative at `x`, where the result is `y`. */
const unary = (derivative: (x: Value, y: Value) => Value): Rule =>
	rule((grad, [x], { outputs }) => [() => mul(grad, derivative(x!, outputs[0]!))]);

/** The derivative of `x · g(x)`. */
const gated = (x: Value, gate: Value, slope: Value) => add(gate, mul(x, slope));

/** y − y²: the slope of a sigmoid that has come to y. */
const steepness = (y: Value) => sub(y, mul(y, y));

const ROOT_OF_TWO_OVER_PI = Math.sqrt(2 / Math.PI);

export const ELEMENTWISE: Readonly<Record<string, Rule>> = {
	Add: rule((grad, [a, b]) => [() => sumTo(grad, a!), () => sumTo(grad, b!)]),
	Sub: rule((grad, [a, b]) => [() => sumTo(grad, a!), () => neg(sumTo(grad, b!))]),
	Mul: rule((grad, [a, b]) => [() => sumTo(mul(grad, b!), a!), () => sumTo(mul(grad, a!), b!)]),
	// By b: −g · y / b, where b is the same for all that is summed.
	Div: rule((grad, [a, b], { outputs }) => [
		() => sumTo(div(grad, b!), a!),
		() => neg(div(sumTo(mul(grad, outputs[0]!), b!), b!)),
	]),
	Neg: rule((grad) => [() => neg(grad)]),
	Exp: unary((_, y) => y),
	Sqrt: rule((grad, _, { outputs }) => [() => div(grad, mul(outputs[0]!, 2))]),
	Sin: unary(cos),
	Cos: rule((grad, [x]) => [() => neg(mul(grad, sin(x!)))]),
	Sigmoid: unary((_, y) => steepness(y)),
	Tanh: rule((grad, _, { outputs }) => [() => sub(grad, mul(grad, mul(outputs[0]!, outputs[0]!)))]),
	// 0 at 0, as PyTorch has it.
	Relu: rule((grad, [x]) => [
		() => {
			const positive = x!.graph.node("Greater", [x!, x!.graph.scalar(0, x!.type)], { dims: x!.dims, type: "bool" });
			return where(positive, grad, 0);
		},
	]),
	Softplus: unary((x) => sigmoid(x)),
	// 2/√π · exp(−x²).
	Erf: unary((x) => mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))),
	// x · σ(αx): σ + αx · σ(1 − σ).
	QuickGelu: rule((grad, [x], step) => [
		() => {
			const scaled = mul(x!, numberOf(step, "alpha", 1.702));
			const gate = sigmoid(scaled);
			return mul(grad, gated(scaled, gate, steepness(gate)));
		},
	]),
	// x · Φ(x): Φ + x · φ.
	Gelu: unary((x) => {
		const gate = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
		const slope = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
		return gated(x, gate, slope);
	}),
	// x · ½(1 + tanh u), u = √(2/π)(x + 0.044715 x³).
	FastGelu: unary((x) => {
		const square = mul(x, x);
		const u = mul(mul(x, add(mul(square, 0.044715), 1)), ROOT_OF_TWO_OVER_PI);
		const gate = mul(add(tanh(u), 1), 0.5);
		// ½(1 + tanh u) is σ(2u).
		const slope = mul(add(mul(square, 3 * 0.044715), 1), 2 * ROOT_OF_TWO_OVER_PI);
		return gated(x, gate, mul(steepness(gate), slope));
	}),
	// Where the value is within its bounds, and at them, as PyTorch has it.
	Clip: rule((grad, [x, low, high]) => [
		() => {
			const compare = (op: string, bound: Value) => x!.graph.node(op, [x!, bound], { dims: x!.dims, type: "bool" });
			return where(compare("GreaterOrEqual", low!), where(compare("LessOrEqual", high!), grad, 0), 0);
		},
		null,
		null,
	]),
	Where: rule((grad, [condition, a, b]) => [
		null,
		() => sumTo(where(condition!, grad, 0), a!),
		() => sumTo(where(condition!, grad.graph.scalar(0, grad.type), grad), b!),
	]),
	Cast: rule((grad, [x]) => [() => x!.graph.cast(grad, x!.type)]),
};
