import { add, mul } from "../ops/elementwise.ts";
import { mergeHeads, splitHeads } from "../ops/heads.ts";
import { matmul, softmax } from "../ops/linalg.ts";
import { concat, reshape, slice, transpose } from "../ops/shape.ts";
import { type Dim, known, type Value } from "../value.ts";

export interface PlainAttentionOptions {
	heads: number;
	/** Multiplies the scores. */
	scale: number;
	causal: boolean;
	/** Added to the scores: `[1 or batch, heads, rows, tokens]`. */
	bias: Value | undefined;
	/** Of scores at a time. Default 128 MiB: what every WebGPU device can bind as one buffer. */
	mostBytes?: number;
}

const MOST_BYTES = 2 ** 27;
/** Where the graph leaves the batch open: a prompt and its negative. */
const USUAL_BATCH = 2;
/** Within float16's range, and far enough below all scores that exp gives 0. */
const NEVER = -60000;

/**
 * Attention by two products and a softmax, for a device whose fused kernel is wrong. Scores are whole in memory, so queries are
 * taken in slices. `q` `[batch, rows, width]`, `k` and `v` `[batch, tokens, …]`.
 */
export function plainAttention(q: Value, k: Value, v: Value, options: PlainAttentionOptions): Value {
	const { heads, scale, causal, bias, mostBytes = MOST_BYTES } = options;
	const queries = splitHeads(mul(q, scale), heads);
	const keys = transpose(splitHeads(k, heads), [0, 1, 3, 2]);
	const values = splitHeads(v, heads);
	const attend = (part: Value, from: number, added: Value | undefined) => {
		let scores = matmul(part, keys);
		if (added) scores = add(scores, added);
		if (causal) scores = add(scores, laterTokens(scores, from));
		return matmul(softmax(scores), values);
	};
	const parts = slices(queries, keys, mostBytes).map(([from, to]) => {
		const part = from === 0 && to === q.dims[1] ? queries : slice(queries, 2, from, to);
		return attend(part, from, bias && rowsOf(bias, from, to));
	});
	if (parts.length === 0) return mergeHeads(attend(queries, 0, bias));
	return mergeHeads(parts.length === 1 ? parts[0]! : concat(parts, 2));
}

/** Rows from and to; none where an extent is not known while building. */
function slices(queries: Value, keys: Value, mostBytes: number): [number, number][] {
	const [batch, heads, rows] = queries.dims as [Dim, number, Dim];
	const tokens = keys.dims[3]!;
	if (typeof rows !== "number" || typeof tokens !== "number") return [];
	const bytes = (typeof batch === "number" ? batch : USUAL_BATCH) * heads * tokens * (keys.type === "float16" ? 2 : 4);
	const most = Math.max(1, Math.floor(mostBytes / bytes));
	const count = Math.ceil(rows / most);
	const each = Math.ceil(rows / count);
	return Array.from({ length: Math.ceil(rows / each) }, (_, i) => [i * each, Math.min(rows, (i + 1) * each)]);
}

function rowsOf(bias: Value, from: number, to: number): Value {
	return from === 0 && to === bias.dims[2] ? bias : slice(bias, 2, from, to);
}

/** What hides each row's later tokens: `[1, 1, rows, tokens]`, the first row that of index `from`. */
function laterTokens(scores: Value, from: number): Value {
	const [rows, tokens] = [known(scores, 2), known(scores, 3)];
	const mask = Float32Array.from({ length: rows * tokens }, (_, i) =>
		i % tokens > from + Math.floor(i / tokens) ? NEVER : 0,
	);
	return reshape(scores.graph.constant(mask, [rows, tokens], scores.type), [1, 1, rows, tokens]);
}
