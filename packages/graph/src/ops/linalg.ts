import { broadcast, type Dim, known, product, showDims, type Value } from "../value.ts";
import { add } from "./elementwise.ts";
import { type QuantizedValue, quantizedAffine } from "./quantized.ts";
import { reshape } from "./shape.ts";

export interface MatmulOptions {
	/** Multiplies the result. Default 1. */
	scale?: number;
	/** `a` is `[…, k, m]`. Default false. */
	transA?: boolean;
	/** `b` is `[…, n, k]`. Default false. */
	transB?: boolean;
}

/** Matrix product over the last two axes: `a` `[…, m, k]`, `b` `[…, k, n]` → `[…, m, n]`. */
export function matmul(a: Value, b: Value, { scale = 1, transA = false, transB = false }: MatmulOptions = {}): Value {
	const [m, inner] = transA ? [a.dims.at(-1)!, a.dims.at(-2)] : [a.dims.at(-2)!, a.dims.at(-1)];
	const [k, n] = transB ? [b.dims.at(-1), b.dims.at(-2)!] : [b.dims.at(-2), b.dims.at(-1)!];
	if (inner !== k) throw new TypeError(`${a.name} ${showDims(a.dims)} times ${b.name} ${showDims(b.dims)}`);
	const [lead, other] = [a, b].map(({ name, dims }) => ({ name, dims: dims.slice(0, -2) }));
	const dims = [...broadcast(lead!, other!), m, n];
	if (scale === 1 && !transA && !transB) return a.graph.node("MatMul", [a, b], { dims, type: a.type });
	const attributes = { alpha: scale, transA: { int: Number(transA) }, transB: { int: Number(transB) } };
	return a.graph.node("FusedMatMul", [a, b], { dims, type: a.type }, attributes, "com.microsoft");
}

/** `x · weightᵀ + bias` over the last axis in the type of `x`, `weight` `[out, in]` as PyTorch keeps it: one packed Gemm. */
export function affine(x: Value, matrix: Value | QuantizedValue, bias: Value | null): Value {
	const { graph, type } = x;
	const addend = bias && graph.cast(bias, type);
	if ("format" in matrix) return quantizedAffine(x, matrix, addend);
	const weight = graph.cast(matrix, type);
	const lead: Dim[] = x.dims.slice(0, -1);
	const [out, width] = [known(weight, 0), known(weight, 1)];
	if (lead.filter((dim) => typeof dim === "string").length > 1) {
		// Flattened rows could not be given their shape back, and the product takes them as they are.
		const y = matmul(x, weight, { transB: true });
		return addend ? add(y, addend) : y;
	}
	const rows = reshape(x, [product(lead), width]);
	const y = graph.node(
		"Gemm",
		addend ? [rows, weight, addend] : [rows, weight],
		{ dims: [product(lead), out], type },
		{ transB: { int: 1 } },
	);
	return reshape(y, [...lead, out]);
}

export function softmax(x: Value, axis = -1): Value {
	return x.graph.node("Softmax", [x], { dims: x.dims, type: x.type }, { axis: { int: axis } });
}

export interface AttentionOptions {
	heads: number;
	/** Each token sees itself and what is before it. Default false. */
	causal?: boolean;
	/** Multiplies the scores in place of 1 / √(width of a head). */
	scale?: number | undefined;
}

/**
 * Softmax(q·kᵀ / √(width of a head))·v for each head: `q` `[batch, rows, width]`, `k` `[batch, tokens, width]`, `v` as `k` or of a
 * width of its own.
 * ONNX Runtime's fused kernel works in tiles, so that the scores are never whole in memory.
 */
export function attention(q: Value, k: Value, v: Value, { heads, causal = false, scale }: AttentionOptions): Value {
	const attributes = {
		num_heads: { int: heads },
		unidirectional: { int: causal ? 1 : 0 },
		...(scale !== undefined && { scale }),
	};
	const dims = [...q.dims.slice(0, -1), v.dims.at(-1)!];
	return q.graph.node("MultiHeadAttention", [q, k, v], { dims, type: q.type }, attributes, "com.microsoft");
}

/**
 * Turns each pair of a head's elements by its token's angle: `x` `[batch, tokens, heads · head width]`, `cos` and `sin`
 * `[tokens, head width / 2]`. Pairs are neighbours, as in diffusers' `apply_rotary_emb` with `use_real_unbind_dim` −1.
 */
export function rotaryEmbedding(x: Value, cos: Value, sin: Value, heads: number): Value {
	const attributes = { interleaved: { int: 1 }, num_heads: { int: heads } };
	const inputs = [x, x.graph.integers([0]), cos, sin];
	return x.graph.node("RotaryEmbedding", inputs, { dims: x.dims, type: x.type }, attributes, "com.microsoft");
}
