import { add, div, mul, reduceMean, reduceSum, sqrt, sub, type Value } from "@drum/graph";
import type { AdapterConfig } from "@drum/peca/model";

/** Prevents a division by zero for a row of zeros, as in the authors' sim_loss. */
const EPSILON = 1e-12;

/**
 * 1 − the mean cosine over tokens, plus the same on the class row for an encoder that has one (paper section 5.1). `found` and `goal` `[batch, rows,
 * width]` → a scalar, the mean over the batch.
 */
export function reconstructionLoss(found: Value, goal: Value, { tokens, rows }: AdapterConfig): Value {
	const { graph } = found;
	const norm = (x: Value) => sqrt(reduceSum(mul(x, x), [-1]));
	const cosines = div(reduceSum(mul(found, goal), [-1]), add(mul(norm(found), norm(goal)), EPSILON));
	const shares = Float32Array.from({ length: rows }, (_, row) => (row < tokens ? 1 / tokens : 1));
	const similarity = reduceSum(mul(reduceMean(cosines, [0]), graph.constant(shares, [rows])), [0]);
	return sub(graph.scalar(1 + rows - tokens), similarity);
}
