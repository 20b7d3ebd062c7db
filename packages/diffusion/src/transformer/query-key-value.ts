import { known, linear, reshape, rmsNorm, type Value, type Weights } from "@drum/graph";

/** diffusers' names in an `Attention` that text and image share, each with projections of its own. */
const NAMES = {
	image: { projections: ["to_q", "to_k", "to_v"], norms: ["norm_q", "norm_k"] },
	text: { projections: ["add_q_proj", "add_k_proj", "add_v_proj"], norms: ["norm_added_q", "norm_added_k"] },
} as const;

export interface QueryKeyValueOptions {
	heads: number;
	/** Whose projections. */
	of: keyof typeof NAMES;
	/** Whether queries and keys go through an RMS norm head by head. */
	normed: boolean;
}

/** `x` `[1, tokens, width]` → queries, keys and values, of that shape each. */
export function queryKeyValue(
	w: Weights,
	x: Value,
	{ heads, of, normed }: QueryKeyValueOptions,
): [Value, Value, Value] {
	const { projections, norms } = NAMES[of];
	const width = known(x, -1);
	return projections.map((name, i) => {
		const projected = linear(w.at(name), x, width);
		const norm = normed && norms[i];
		return norm ? headwiseRmsNorm(w.at(norm), projected, heads) : projected;
	}) as [Value, Value, Value];
}

function headwiseRmsNorm(w: Weights, x: Value, heads: number): Value {
	const [batch, tokens] = x.dims;
	const byHead = reshape(x, [batch!, tokens!, heads, known(x, -1) / heads]);
	return reshape(rmsNorm(w, byHead), x.dims);
}
