import { add, mul, sub } from "../../ops/elementwise.ts";
import { mergeHeads, splitHeads } from "../../ops/heads.ts";
import { type MatmulOptions, matmul, softmax } from "../../ops/linalg.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { reshape } from "../../ops/shape.ts";
import { type Dim, known, product, type Value } from "../../value.ts";
import { numberOf, type Rule, rule, type Step, sumTo } from "../rule.ts";

export const LINALG: Readonly<Record<string, Rule>> = {
	MatMul: rule(matrixProduct),
	FusedMatMul: rule(matrixProduct),
	Gemm: rule((grad, [a, b, bias], step) => {
		const transB = numberOf(step, "transB", 0) === 1;
		return [
			() => matmul(grad, b!, { transB: !transB }),
			() => (transB ? matmul(grad, a!, { transA: true }) : matmul(a!, grad, { transA: true })),
			() => sumTo(grad, bias!),
		];
	}),
	Softmax: rule((grad, _, step) => [() => throughSoftmax(grad, step.outputs[0]!, numberOf(step, "axis", -1))]),
	MultiHeadAttention: rule(fusedAttention),
};

/** Of `scale · A·B`, either of them transposed. */
function matrixProduct(grad: Value, [a, b]: readonly Value[], step: Step) {
	const scale = numberOf(step, "alpha", 1);
	const transA = numberOf(step, "transA", 0) === 1;
	const transB = numberOf(step, "transB", 0) === 1;
	return [
		() => {
			if (transA) return sumTo(matmul(b!, grad, { scale, transA: transB, transB: true }), a!);
			return sumTo(matmul(grad, b!, { scale, transB: !transB }), a!);
		},
		() => {
			// A matrix that serves a whole batch: one product over all rows, instead of one for each item and their sum.
			const [left, right] = b!.dims.length === 2 && !transA ? [a!, grad].map(asRows) : [a!, grad];
			if (transB) return sumTo(matmul(right!, left!, { scale, transA: true, transB: transA }), b!);
			return sumTo(matmul(left!, right!, { scale, transA: !transA }), b!);
		},
	];
}

/** `[…, width]` → `[rows, width]`. */
function asRows(x: Value): Value {
	const lead: Dim[] = x.dims.slice(0, -1);
	return reshape(x, [product(lead), known(x, -1)]);
}

/** y ∘ (g − Σ g ∘ y). */
function throughSoftmax(grad: Value, y: Value, axis = -1): Value {
	const weighted = mul(grad, y);
	return sub(weighted, mul(y, reduceSum(weighted, [axis], { keep: true })));
}

/** The fused kernel keeps no scores, so they are computed again. */
function fusedAttention(grad: Value, [q, k, v]: readonly Value[], step: Step) {
	const heads = numberOf(step, "num_heads", 1);
	const scale = numberOf(step, "scale", 1 / Math.sqrt(known(q!, -1) / heads));
	const [queries, keys, values, grads] = [q!, k!, v!, grad].map((x) => splitHeads(x, heads));
	const merged = (a: Value, b: Value, options: MatmulOptions) => mergeHeads(matmul(a, b, options));
	const scores = matmul(queries!, keys!, { scale, transB: true });
	const weights = softmax(numberOf(step, "unidirectional", 0) === 1 ? causal(scores) : scores);
	const gradScores = throughSoftmax(matmul(grads!, values!, { transB: true }), weights);
	return [
		() => merged(gradScores, keys!, { scale }),
		() => merged(gradScores, queries!, { scale, transA: true }),
		() => merged(weights, grads!, { transA: true }),
	];
}

/** Scores `[…, rows, rows]` with those of later tokens at the end of the scale. */
function causal(scores: Value): Value {
	const rows = known(scores, -1);
	const mask = Float32Array.from({ length: rows * rows }, (_, i) => (i % rows > Math.floor(i / rows) ? -1e30 : 0));
	return add(scores, scores.graph.constant(mask, [rows, rows]));
}
