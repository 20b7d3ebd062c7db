import { add, cos, div, erf, exp, mul, neg, sigmoid, sin, sub, tanh, where } from "../../ops/elementwise.ts";
import type { Value } from "../../value.ts";
import { numberOf, type Rule, rule, sumTo } from "../rule.ts";

/** The rule of a function of one value, by its derivative at `x`, where the result is `y`. */
const unary = (derivative: (x: Value, y: Value) => Value): Rule =>
	rule((grad, [x], { outputs }) => [() => mul(grad, derivative(x!, outputs[0]!))]);

/** The derivative of `x · g(x)`. */
const gated = (x: Value, gate: Value, slope: Value) => add(gate, mul(x, slope));

const ROOT_OF_TWO_OVER_PI = Math.sqrt(2 / Math.PI);

export const ELEMENTWISE: Readonly<Record<string, Rule>> = {
	Add: rule((grad, [a, b]) => [() => sumTo(grad, a!), () => sumTo(grad, b!)]),
	Sub: rule((grad, [a, b]) => [() => sumTo(grad, a!), () => sumTo(neg(grad), b!)]),
	Mul: rule((grad, [a, b]) => [() => sumTo(mul(grad, b!), a!), () => sumTo(mul(grad, a!), b!)]),
	Div: rule((grad, [a, b], { outputs }) => [
		() => sumTo(div(grad, b!), a!),
		() => sumTo(neg(div(mul(grad, outputs[0]!), b!)), b!),
	]),
	Neg: rule((grad) => [() => neg(grad)]),
	Exp: unary((_, y) => y),
	Sqrt: unary((x, y) => div(y, mul(x, 2))),
	Sin: unary(cos),
	Cos: unary((x) => neg(sin(x))),
	Sigmoid: unary((_, y) => mul(y, sub(y.graph.scalar(1), y))),
	Tanh: unary((_, y) => sub(y.graph.scalar(1), mul(y, y))),
	// x · σ(αx): σ + αx · σ(1 − σ).
	QuickGelu: rule((grad, [x], step) => [
		() => {
			const scaled = mul(x!, numberOf(step, "alpha", 1.702));
			const gate = sigmoid(scaled);
			return mul(grad, gated(scaled, gate, mul(gate, sub(gate.graph.scalar(1), gate))));
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
		const t = tanh(u);
		const slope = mul(add(mul(square, 3 * 0.044715), 1), ROOT_OF_TWO_OVER_PI / 2);
		return gated(x, mul(add(t, 1), 0.5), mul(sub(x.graph.scalar(1), mul(t, t)), slope));
	}),
	Where: rule((grad, [condition, a, b]) => [
		null,
		() => sumTo(where(condition!, grad, 0), a!),
		() => sumTo(where(condition!, mul(grad, 0), grad), b!),
	]),
	Cast: rule((grad, [x]) => [() => x!.graph.cast(grad, x!.type)]),
};
