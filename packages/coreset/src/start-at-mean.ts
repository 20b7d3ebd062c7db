import { cosine, type Embeddings } from "./embeddings.ts";
import type { FixedPoint } from "./fixed-point.ts";
import type { Start } from "./greedy.ts";
import type { Slices } from "./slices.ts";

/** More than the rounding error of a mean cosine in float64, whatever the order of the sum. */
const ROUNDING = 1e-9;

/**
 * Algorithm 1, line 6: D = 1/k · Σ Sim(e, E) over the probes e. A dot product with the mean of the probes' unit vectors gives the bounds.
 * Only the rows with the largest bounds are summed probe by probe.
 */
export async function startAtMean(
	probes: ArrayLike<number>,
	embeddings: Embeddings,
	weights: Float64Array | undefined,
	points: FixedPoint,
	slices: Slices,
): Promise<Start> {
	const { count, width, data, norms } = embeddings;
	const mean = new Float64Array(width);
	for (let i = 0; i < probes.length; i++) {
		const probe = probes[i]!;
		addScaled(mean, data, probe * width, 1 / (norms[probe]! * probes.length));
		if ((i & 7) === 7 && slices.over) await slices.next();
	}
	const screened = new Int32Array(count);
	const bounds = new Float64Array(count);
	for (let row = 0; row < count; row++) {
		const similarity = dot(mean, data, row * width) / norms[row]!;
		screened[row] = points.dotOf(similarity);
		bounds[row] = (similarity + ROUNDING) * (weights ? weights[row]! : 1);
		if ((row & 7) === 7 && slices.over) await slices.next();
	}
	const exact = (row: number) => {
		const weight = weights ? weights[row]! : 1;
		let sum = 0;
		for (let i = 0; i < probes.length; i++) sum += cosine(embeddings, probes[i]!, row) * weight;
		return sum / probes.length;
	};
	return { screened, bounds, exact };
}

function addScaled(sum: Float64Array, data: Float32Array, start: number, factor: number): void {
	for (let k = 0; k < sum.length; k++) sum[k]! += data[start + k]! * factor;
}

function dot(vector: Float64Array, data: Float32Array, start: number): number {
	let sum = 0;
	for (let k = 0; k < vector.length; k++) sum += vector[k]! * data[start + k]!;
	return sum;
}
