import { ArgumentError, checkNames, namesOf, RandomState, shown } from "@drum/tensor";
import type { CoresetOptions } from "./coreset.ts";
import { checkShape, cosine, type Embeddings, type EmbeddingsTensor, readEmbeddings } from "./embeddings.ts";
import { readIntensities } from "./intensities.ts";
import { probesOf } from "./share.ts";
import { Slices } from "./slices.ts";

/** The options that `coreset` was called with. */
export type ExplainOptions = Pick<CoresetOptions, "intensities" | "approximate" | "seed" | "signal">;

const OPTIONS = namesOf<ExplainOptions>({ intensities: true, approximate: true, seed: true, signal: true });

/** Why a row is in the coreset. */
export interface PickReason {
	/** The row's index in the embeddings. */
	readonly index: number;
	readonly intensity: number;
	/** Its share of the guidance, pᵢ / Σⱼ pⱼ over the coreset (paper equation 2). */
	readonly weight: number;
	/** Its cosine with `nearestBefore`. If that is undefined, the mean of its cosines with the k random rows of the start. */
	readonly similarity: number;
	/** Its D of Algorithm 1 when it was taken, `similarity · intensity`. No other row had a larger one. */
	readonly score: number;
	/** The row, of those taken before, with the smallest cosine to it. Undefined if the mean of the start is smaller still. */
	readonly nearestBefore: number | undefined;
	/** How many rows, including itself, are nearer to it than to any other pick. */
	readonly standsFor: number;
}

/** The reasons for all rows of a coreset. */
export interface Explanation {
	/** One for each pick, in the order taken. */
	readonly picks: readonly PickReason[];
	/** For each of the N rows, the position in `picks` of the nearest pick by cosine. The first of equally near picks wins. */
	readonly nearest: Int32Array;
}

/**
 * Explains why `coreset` took each of its rows (paper section 4.2, Algorithm 1), and which rows each of them represents. If it took all
 * rows, they are in their own order, because no row had to win.
 *
 * It runs on the calling thread in slices of about 8 ms, and lets the event loop turn between them.
 *
 * @param embeddings `[N, width]`, the same that `coreset` was called with.
 * @param coreset the indices that `coreset` returned, in that order.
 * @param options the same that `coreset` was called with. They have no size, because it is the length of `coreset`.
 * @throws ArgumentError for the same embeddings, intensities and options as `coreset`, and for indices outside 0 … N − 1 or repeated ones.
 * @throws the signal's reason
 */
export async function explain(
	embeddings: EmbeddingsTensor,
	coreset: readonly number[],
	options: ExplainOptions = {},
): Promise<Explanation> {
	checkNames("explain", options, OPTIONS);
	const { count } = checkShape(embeddings);
	checkPicks(coreset, count);
	const probes = new RandomState(options.seed ?? 42).choice(count, probesOf(count, options.approximate ?? 10));
	const weights = options.intensities && readIntensities(options.intensities, count);
	const slices = new Slices(options.signal);
	const all = await readEmbeddings(embeddings, slices);
	const nearest = await nearestOf(all, coreset, slices);
	const stands = new Int32Array(coreset.length);
	for (const rank of nearest) stands[rank]!++;
	const intensityOf = (row: number) => weights?.[row] ?? 1;
	const total = coreset.reduce((sum, row) => sum + intensityOf(row), 0);
	const picks: PickReason[] = [];
	for (const [rank, index] of coreset.entries()) {
		if (slices.over) await slices.next();
		const intensity = intensityOf(index);
		const least = leastBefore(all, probes, coreset, rank);
		const weight = total > 0 ? intensity / total : 0;
		picks.push({ index, intensity, weight, ...least, score: least.similarity * intensity, standsFor: stands[rank]! });
	}
	return { picks, nearest };
}

function checkPicks(coreset: readonly number[], count: number): void {
	const expected = `different indices from 0 to ${count - 1}`;
	if (!Array.isArray(coreset)) throw new ArgumentError({ what: "coreset", expected, found: shown(coreset) });
	const seen = new Set<number>();
	for (const index of coreset) {
		const fits = Number.isSafeInteger(index) && index >= 0 && index < count;
		if (!fits) throw new ArgumentError({ what: "coreset", expected, found: shown(index) });
		if (seen.size === seen.add(index).size)
			throw new ArgumentError({ what: "coreset", expected, found: `${index} twice` });
	}
}

/** The smallest of the mean at the start and the similarities to the earlier picks. */
function leastBefore(all: Embeddings, probes: ArrayLike<number>, coreset: readonly number[], rank: number) {
	const row = coreset[rank]!;
	let similarity = 0;
	for (let i = 0; i < probes.length; i++) similarity += cosine(all, probes[i]!, row) / probes.length;
	let nearestBefore: number | undefined;
	for (const before of coreset.slice(0, rank)) {
		const each = cosine(all, row, before);
		if (each < similarity) [similarity, nearestBefore] = [each, before];
	}
	return { similarity, nearestBefore };
}

async function nearestOf(all: Embeddings, coreset: readonly number[], slices: Slices): Promise<Int32Array> {
	const nearest = new Int32Array(coreset.length > 0 ? all.count : 0);
	for (let row = 0; row < nearest.length; row++) {
		let most = Number.NEGATIVE_INFINITY;
		for (const [rank, pick] of coreset.entries()) {
			const similarity = cosine(all, pick, row);
			if (similarity > most) [most, nearest[row]] = [similarity, rank];
		}
		if (slices.over) await slices.next();
	}
	// A pick represents itself, even if another pick is equal.
	if (nearest.length > 0) for (const [rank, row] of coreset.entries()) nearest[row] = rank;
	return nearest;
}
