import { add, linear, matmul, mul, reshape, softmax, transpose, type Value, type Weights } from "@drum/graph";

// Conditioning guidance, paper section 4.4, equation 2. Each softmax sums to 1, so the weighted attention over target and
// references is the convex combination (1 − α)·A(q, y_target) + α·Σᵢ (pᵢ / Σⱼ pⱼ)·A(q, yᵢ) of ordinary attentions A. The
// references' part is a sum that is carried over chunks: memory does not grow with their number.

/** Keys and values of a chunk of references for one block, ready for `attendReferences`. */
export interface ReferenceKeys {
	/** `[…, heads, head width, size · tokens]`. */
	keys: Value;
	/** Each reference's values times its share pᵢ / Σⱼ pⱼ: `[…, heads, size · tokens, head width]`. */
	values: Value;
}

/** `references` `[…, size, tokens, width]`, `shares` `[…, size]`; leading axes stay. */
export function referenceKeys(w: Weights, references: Value, shares: Value, heads: number): ReferenceKeys {
	const lead = references.dims.slice(0, -3);
	const [size, tokens, width] = references.dims.slice(-3) as [string, number, number];
	const axes = (order: readonly number[]) => [...lead.keys(), ...order.map((axis) => lead.length + axis)];
	const split = (x: Value) => reshape(x, [...lead, size, tokens, heads, width / heads]);
	const together = `${tokens}*${size}`;
	const keys = transpose(split(linear(w.at("key"), references, width)), axes([2, 3, 0, 1]));
	const shared = mul(linear(w.at("value"), references, width), reshape(shares, [...lead, size, 1, 1]));
	const values = transpose(split(shared), axes([2, 0, 1, 3]));
	return {
		keys: reshape(keys, [...lead, heads, width / heads, together]),
		values: reshape(values, [...lead, heads, together, width / heads]),
	};
}

/**
 * Adds Σᵢ (pᵢ / Σⱼ pⱼ)·A(q, yᵢ) over one chunk of references to `sum`. The references stand side by side in one product per
 * head, each with a softmax of its own: on a CPU five times as fast as the references as a batch of a fused attention.
 * `query` `[batch, heads, rows, head width]`, one chunk's keys and values; `sum` as `query`.
 */
export function attendReferences(sum: Value, query: Value, { keys, values }: ReferenceKeys, tokens: number): Value {
	const [batch, heads, rows, width] = query.dims as [string, number, number, number];
	const scores = matmul(query, keys, { scale: 1 / Math.sqrt(width) });
	const each = softmax(reshape(scores, [batch, heads, rows, "size", tokens]));
	return add(sum, matmul(reshape(each, scores.dims), values));
}

/** (1 − α)·target + α·references. */
export function guide(target: Value, references: Value, alpha: Value, rest: Value): Value {
	return add(mul(target, rest), mul(references, alpha));
}
