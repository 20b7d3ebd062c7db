import { checkNames, namesOf, RandomState } from "@drum/tensor";
import { checkShape, type EmbeddingsTensor, readEmbeddings } from "./embeddings.ts";
import { FixedPoint } from "./fixed-point.ts";
import { Greedy } from "./greedy.ts";
import { readIntensities } from "./intensities.ts";
import { everything, type Progress, run } from "./run.ts";
import { entriesOf, probesOf, type Share } from "./share.ts";
import { Slices } from "./slices.ts";
import { startAtMean } from "./start-at-mean.ts";

export type CoresetOptions = Share &
	Progress & {
		/** Preference intensities P, one for each embedding: finite, at least 0, not all 0. Default: all 1. */
		intensities?: ArrayLike<number> | undefined;
		/** k, how many random embeddings represent all of them at the start: a count of at least 1, or a fraction in (0, 1). Default 10. */
		approximate?: number | undefined;
		/** The seed of NumPy's `RandomState` that draws those k. Default 42. */
		seed?: number | undefined;
	};

const OPTIONS = namesOf<CoresetOptions>({
	size: true,
	ratio: true,
	intensities: true,
	approximate: true,
	seed: true,
	onProgress: true,
	signal: true,
});

/**
 * Chooses the n embeddings that represent all N (paper section 4.2, Algorithm 1), and returns their indices in the order in which they
 * are taken.
 *
 * Sim(e, E)ᵢ = cos(e, eᵢ)·pᵢ. D starts as the mean of Sim(e, E) over k random e. Each step takes s = arg max D, and then sets
 * D = min(D, Sim(e_s, E)) and D_s = −∞. Similarities are compared in float64, and the first index wins a tie. If n is N, all indices are
 * returned in order.
 *
 * It runs on the calling thread in slices of about 8 ms, and lets the event loop turn between them.
 *
 * @param embeddings `[N, width]`, projected text features. Only their directions count, not their lengths.
 * @throws ArgumentError for embeddings that are not finite or a row of zeros, for intensities that are negative, not
 *   finite, all zero or not N, and for options outside their range.
 * @throws the signal's reason
 */
export async function coreset(embeddings: EmbeddingsTensor, options: CoresetOptions = {}): Promise<number[]> {
	checkNames("coreset", options, OPTIONS);
	const { count } = checkShape(embeddings);
	const size = entriesOf(count, options);
	const probes = new RandomState(options.seed ?? 42).choice(count, probesOf(count, options.approximate ?? 10));
	const weights = options.intensities && readIntensities(options.intensities, count);
	const slices = new Slices(options.signal);
	const all = await readEmbeddings(embeddings, slices);
	if (size === count) return everything(size, options);
	const points = await FixedPoint.of(all, size, slices);
	const start = await startAtMean(probes, all, weights, points, slices);
	await slices.next();
	return run(new Greedy(all, weights, start, 1, points), size, slices, options);
}
