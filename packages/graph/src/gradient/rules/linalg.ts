import { matmul } from "../../ops/linalg.ts";
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
