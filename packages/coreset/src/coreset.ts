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
		/** k, how many random embeddings stand for all of them at the start: a count of at least 1, or a fraction in (0, 1). Default 10. */
		approximate?: number | undefined;
		/** Seed of the draw of those k, as NumPy's `RandomState` takes it. Default 42. */
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
 * Algorithm 1: the indices, in the order taken, of the embeddings that stand for all of them.
 *
 * With Sim(e, E)ᵢ = cos(e, eᵢ)·pᵢ, D is the mean of Sim(e, E) over k random e; then s = arg max D is taken,
 * D = min(D, Sim(e_s, E)), D_s = −∞, until n are taken. Similarities are compared in float64, the first index wins a tie.
 * If n is all of them, they are returned in order.
 *
 * Runs on the calling thread in slices of about 8 ms, between which the event loop turns.
 *
 * @param embeddings `[N, width]`, projected text features, of any length: only their directions count.
 * @throws ArgumentError for embeddings that are not finite or a row of zeros, for intensities that are negative, not
 *   finite, all zero or not N, and for options outside their range.
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
