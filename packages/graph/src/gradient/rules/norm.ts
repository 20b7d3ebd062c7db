import { add, div, mul, sub } from "../../ops/elementwise.ts";
import { matmul } from "../../ops/linalg.ts";
import { reduceMean, reduceSum } from "../../ops/reduce.ts";
import { reshape } from "../../ops/shape.ts";
import { type Dim, known, type Value } from "../../value.ts";
import { numberOf, once, type Rule, rule, type Step, sumTo } from "../rule.ts";

// With x̂ = (x − mean) / deviation and ĝ the derivative by x̂: (ĝ − mean(ĝ) − x̂ · mean(ĝ ∘ x̂)) / deviation.

export const NORM: Readonly<Record<string, Rule>> = {
	LayerNormalization: rule((grad, [x, weight, bias], step) => layerNormalization(grad, () => x!, weight!, bias, step)),
	SkipLayerNormalization: rule((grad, [x, y, weight, bias], step) => {
		const [input, ...parameters] = layerNormalization(grad, () => add(x!, y!), weight!, bias, step);
		const shared = once(input!);
		return [shared, () => sumTo(shared(), y!), ...parameters];
	}),
	SimplifiedLayerNormalization: rule((grad, [x, weight], step) => {
		const normed = once(() => standardized("SimplifiedLayerNormalization", x!, numberOf(step, "epsilon", 1e-5)));
		const along = once(() => mul(grad, normed().value));
		return [
			() => mul(sub(mul(grad, weight!), mul(normed().value, weightedMean(along(), weight!))), normed().scale),
			() => sumTo(along(), weight!),
		];
	}),
	InstanceNormalization: rule((grad, [x, weight], step) => {
		const [batch, channels, ...extents] = x!.dims;
		const size = extents.reduce<number>((all, _, i) => all * known(x!, 2 + i), 1);
		const rows: Dim[] = [batch!, channels!, size];
		const gradRows = reshape(grad, rows);
		const normed = once(() => standardized("LayerNormalization", reshape(x!, rows), numberOf(step, "epsilon", 1e-5)));
		const along = once(() => mul(gradRows, normed().value));
		return [
			() => {
				const means = [gradRows, along()].map((value) => reduceMean(value, [-1], { keep: true }));
				const rest = sub(sub(gradRows, means[0]!), mul(normed().value, means[1]!));
				const scale = mul(normed().scale, reshape(weight!, [known(x!, 1), 1]));
				return reshape(mul(rest, scale), x!.dims);
			},
			() => reduceSum(along(), [0, 2]),
			() => reduceSum(gradRows, [0, 2]),
		];
	}),
};

function layerNormalization(grad: Value, x: () => Value, weight: Value, bias: Value | undefined, step: Step) {
	const normed = once(() => standardized("LayerNormalization", x(), numberOf(step, "epsilon", 1e-5)));
	const along = once(() => mul(grad, normed().value));
	return [
		() => {
			const rest = sub(mul(grad, weight), weightedMean(grad, weight));
			return mul(sub(rest, mul(normed().value, weightedMean(along(), weight))), normed().scale);
		},
		() => sumTo(along(), weight),
		() => sumTo(grad, bias!),
	];
}

/** The mean of `x` times `weight` over the last axis, which stays with extent 1: a product with a column, so that nothing large is made. */
function weightedMean(x: Value, weight: Value): Value {
	const width = known(x, -1);
	return matmul(x, reshape(div(weight, width), [width, 1]));
}

/** x̂ over the last axis, and 1 / deviation with a last axis of 1. */
function standardized(op: string, x: Value, epsilon: number): { value: Value; scale: Value } {
	const { graph, type } = x;
	const width = known(x, -1);
	const ones = graph.node("Expand", [graph.scalar(1, type), graph.integers([width])], { dims: [width], type });
	// Statistics are float32 of any input; the simplified norm has no mean to give.
	const statistic = { dims: [...x.dims.slice(0, -1), 1], type: "float32" as const };
	const results = [{ dims: x.dims, type }, ...(op === "LayerNormalization" ? [statistic] : []), statistic];
	const [value, ...statistics] = graph.nodes(op, [x, ones], results, { axis: { int: -1 }, epsilon });
	return { value: value!, scale: graph.cast(statistics.at(-1)!, type) };
}
