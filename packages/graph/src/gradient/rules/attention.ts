import { add, mul, neg, sub } from "../../ops/elementwise.ts";
import { mergeHeads, splitHeads } from "../../ops/heads.ts";
import { type MatmulOptions, matmul, softmax } from "../../ops/linalg.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { expandLike, reshape } from "../../ops/shape.ts";
import { known, type Value } from "../../value.ts";
import { numberOf, once, type Rule, rule, type Step, sumTo } from "../rule.ts";

export const ATTENTION: Readonly<Record<string, Rule>> = {
	Softmax: rule((grad, _, step) => [() => throughSoftmax(grad, step.outputs[0]!, numberOf(step, "axis", -1))]),
	MultiHeadAttention: rule(fusedAttention),
	RotaryEmbedding: rule(rotation),
};

/** y ∘ (g − Σ g ∘ y). */
function throughSoftmax(grad: Value, y: Value, axis = -1): Value {
	const weighted = mul(grad, y);
	return sub(weighted, mul(y, reduceSum(weighted, [axis], { keep: true })));
}

/** The fused kernel keeps no scores, so they are computed again. Inputs: q, k, v, two that no layer uses, the scores' bias. */
function fusedAttention(grad: Value, [q, k, v, , , bias]: readonly Value[], step: Step) {
	const heads = numberOf(step, "num_heads", 1);
	const scale = numberOf(step, "scale", 1 / Math.sqrt(known(q!, -1) / heads));
	const [queries, keys, values, grads] = [q!, k!, v!, grad].map((x) => once(() => splitHeads(x, heads)));
	const merged = (a: Value, b: Value, options: MatmulOptions) => mergeHeads(matmul(a, b, options));
	const weights = once(() => {
		const products = matmul(queries!(), keys!(), { scale, transB: true });
		const scores = bias ? add(products, bias) : products;
		return softmax(numberOf(step, "unidirectional", 0) === 1 ? causal(scores) : scores);
	});
	const gradScores = once(() => throughSoftmax(matmul(grads!(), values!(), { transB: true }), weights()));
	return [
		() => merged(gradScores(), keys!(), { scale }),
		() => merged(gradScores(), queries!(), { scale, transA: true }),
		() => merged(weights(), grads!(), { transA: true }),
		null,
		null,
		() => sumTo(gradScores(), bias!),
	];
}

/** Scores `[…, rows, rows]` with those of later tokens at the end of the scale. */
function causal(scores: Value): Value {
	const rows = known(scores, -1);
	const mask = Float32Array.from({ length: rows * rows }, (_, i) => (i % rows > Math.floor(i / rows) ? -1e30 : 0));
	return add(scores, scores.graph.constant(mask, [rows, rows], scores.type));
}

/** Of x, what turns each pair back; of the angle's sine, each pair against itself turned by a right angle. */
function rotation(grad: Value, [x, positions, cos, sin]: readonly Value[], step: Step) {
	const { graph, dims, type } = x!;
	const turn = (pairs: Value, by: { cos: Value; sin: Value }) =>
		graph.node("RotaryEmbedding", [pairs, positions!, by.cos, by.sin], { dims, type }, step.attributes, step.domain);
	const half = known(cos!, -1);
	const overHeads = (pairs: Value) => {
		const [batch, tokens] = dims;
		return reduceSum(reshape(pairs, [batch!, tokens!, known(x!, -1) / (2 * half), half, 2]), [0, 2, 4]);
	};
	const all = (value: number) => expandLike(graph.scalar(value, type), cos!);
	return [
		() => turn(grad, { cos: cos!, sin: neg(sin!) }),
		null,
		() => overHeads(mul(grad, x!)),
		() => overHeads(mul(grad, turn(x!, { cos: all(0), sin: all(1) }))),
	];
}
