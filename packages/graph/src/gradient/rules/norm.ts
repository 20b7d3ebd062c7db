import { add, mul, sub } from "../../ops/elementwise.ts";
import { reduceMean } from "../../ops/reduce.ts";
import { known, type Value } from "../../value.ts";
import { numberOf, type Rule, rule, type Step, sumTo } from "../rule.ts";

export const NORM: Readonly<Record<string, Rule>> = {
	LayerNormalization: rule((grad, [x, weight, bias], step) => layerNormalization(grad, x!, weight!, bias, step)),
	SkipLayerNormalization: rule((grad, [x, y, weight, bias], step) => {
		let byInput: Value | undefined;
		const [input, ...parameters] = layerNormalization(grad, add(x!, y!), weight!, bias, step);
		const shared = () => {
			byInput ??= input!();
			return byInput;
		};
		return [shared, shared, ...parameters];
	}),
};

function layerNormalization(grad: Value, x: Value, weight: Value, bias: Value | undefined, step: Step) {
	const { normed, scale } = standardized(x, numberOf(step, "epsilon", 1e-5));
	return [
		() => throughNorm(mul(grad, weight), normed, scale),
		() => sumTo(mul(grad, normed), weight),
		() => sumTo(grad, bias!),
	];
}

/** (x − mean) / deviation over the last axis, and 1 / deviation with a last axis of 1. */
function standardized(x: Value, epsilon: number): { normed: Value; scale: Value } {
	const { graph, type } = x;
	const width = known(x, -1);
	const ones = graph.constant(new Float32Array(width).fill(1), [width]);
	const one = [...x.dims.slice(0, -1), 1];
	const [normed, , scale] = graph.nodes(
		"LayerNormalization",
		[x, ones],
		[{ dims: x.dims, type }, { dims: one }, { dims: one }],
		{ axis: { int: -1 }, epsilon },
	);
	return { normed: normed!, scale: scale! };
}

/** (g − mean(g) − x̂ · mean(g ∘ x̂)) / deviation. */
function throughNorm(grad: Value, normed: Value, scale: Value): Value {
	const along = mul(normed, reduceMean(mul(grad, normed), [-1], { keep: true }));
	return mul(sub(sub(grad, reduceMean(grad, [-1], { keep: true })), along), scale);
}
