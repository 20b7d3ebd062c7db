import { add, linearParts, modulatedLayerNorm, type Value, type Weights } from "@drum/graph";

// Mirrors diffusers' adaptive layer norms: https://github.com/huggingface/diffusers/blob/v0.36.0/src/diffusers/models/normalization.py
// Scale and shift come from the time and condition of the one picture of a run, so they are the layer norm's own weight and bias.

const EPSILON = 1e-6;

/** How one part of a block is steered, each `[1, width]`. */
export interface Modulation {
	shift: Value;
	scale: Value;
	/** Times the part's result, before it is added. */
	gate: Value;
}

/** `x` `[1, tokens, width]`, normed, times 1 + scale, plus shift. */
export function modulate(x: Value, { shift, scale }: Pick<Modulation, "shift" | "scale">): Value {
	return modulatedLayerNorm(x, add(scale, 1), shift, EPSILON);
}

/**
 * The linear of `AdaLayerNormZero` (two parts: attention, feed-forward), `AdaLayerNormZeroSingle` (one) and
 * `SD35AdaLayerNormZeroX` (three), of SiLU of the embedding, `temb` `[1, width]`: every block begins with that, so it is taken once.
 */
export function adaLayerNormZero(w: Weights, temb: Value, parts: number): Modulation[] {
	const width = temb.dims[1] as number;
	const values = linearParts(w.at("linear"), temb, width, 3 * parts);
	return Array.from({ length: parts }, (_, i) => {
		const [shift, scale, gate] = values.slice(3 * i, 3 * i + 3) as [Value, Value, Value];
		return { shift, scale, gate };
	});
}

/** `AdaLayerNormContinuous`: `x` `[1, tokens, width]` normed and steered by SiLU of the embedding. */
export function adaLayerNormContinuous(w: Weights, x: Value, temb: Value): Value {
	const [scale, shift] = linearParts(w.at("linear"), temb, temb.dims[1] as number, 2) as [Value, Value];
	return modulate(x, { scale, shift });
}
