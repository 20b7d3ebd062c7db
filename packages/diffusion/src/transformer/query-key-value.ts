import { known, layerNorm, linear, reshape, rmsNorm, type Value, type Weights } from "@drum/graph";

/** diffusers' names in an `Attention` that text and image share, each with projections of its own. */
const NAMES = {
	image: { projections: ["to_q", "to_k", "to_v"], norms: ["norm_q", "norm_k"] },
	text: { projections: ["add_q_proj", "add_k_proj", "add_v_proj"], norms: ["norm_added_q", "norm_added_k"] },
} as const;

const HEADWISE = { rms_norm: rmsNorm, layer_norm: layerNorm } as const;
const EPSILON = 1e-6;

export interface QueryKeyValueOptions {
	heads: number;
	/** Whose projections. */
	of: keyof typeof NAMES;
	/** The norm that queries and keys go through head by head, if any, under diffusers' name. */
	norm?: keyof typeof HEADWISE | null | undefined;
}

/** `x` `[1, tokens, width]` → queries, keys and values, of that shape each. */
export function queryKeyValue(w: Weights, x: Value, { heads, of, norm }: QueryKeyValueOptions): [Value, Value, Value] {
	const { projections, norms } = NAMES[of];
	const width = known(x, -1);
	return projections.map((name, i) => {
		const projected = linear(w.at(name), x, width);
		const at = norms[i];
		return norm && at ? headwise(HEADWISE[norm], w.at(at), projected, heads) : projected;
	}) as [Value, Value, Value];
}

type Norm = (w: Weights, x: Value, epsilon: number) => Value;

function headwise(norm: Norm, w: Weights, x: Value, heads: number): Value {
	const [batch, tokens] = x.dims;
	const byHead = reshape(x, [batch!, tokens!, heads, known(x, -1) / heads]);
	return reshape(norm(w, byHead, EPSILON), x.dims);
}
