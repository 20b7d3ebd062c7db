import { checkNames, namesOf, RandomState } from "@drum/tensor";
import { checkShape, type EmbeddingsTensor, readEmbeddings } from "./embeddings.ts";
import { FixedPoint } from "./fixed-point.ts";
import { Greedy, type Start } from "./greedy.ts";
import { everything, type Progress, run } from "./run.ts";
import { entriesOf, type Share } from "./share.ts";
import { Slices } from "./slices.ts";

export type KCenterOptions = Share &
	Progress & {
		/** Seed of the draw of the first index, as NumPy's `RandomState` takes it. Default 42. */
		seed?: number | undefined;
	};

const OPTIONS = namesOf<KCenterOptions>({ size: true, ratio: true, seed: true, onProgress: true, signal: true });

/**
 * Greedy k-centre, also called farthest point: the indices, in the order taken, of the embeddings most spread out by
 * cosine distance 1 − cos. The first is drawn; then each is the one farthest from all taken so far, so that the largest
 * distance to the nearest of them is at most twice the least possible (in a metric: by angle, which has the same order).
 *
 * Algorithm 1 does the opposite: see `coreset`, which takes what is most alike. Distances are compared in float64, the
 * first index wins a tie. If n is all of them, they are returned in order.
 *
 * @param embeddings `[N, width]`, of any length: only their directions count.
 * @throws ArgumentError for embeddings that are not finite or a row of zeros, and for options outside their range.
 */
export async function kCenter(embeddings: EmbeddingsTensor, options: KCenterOptions = {}): Promise<number[]> {
	checkNames("kCenter", options, OPTIONS);
	const { count } = checkShape(embeddings);
	const size = entriesOf(count, options);
	const [first] = new RandomState(options.seed ?? 42).choice(count, Math.min(count, 1));
	const slices = new Slices(options.signal);
	const all = await readEmbeddings(embeddings, slices);
	if (size === count) return everything(size, options);
	const points = await FixedPoint.of(all, size, slices);
	await slices.next();
	return run(new Greedy(all, undefined, startAt(first!, count), -1, points), size, slices, options);
}

/** D = −cos starts above every cosine, and highest for the first. */
function startAt(first: number, count: number): Start {
	const bounds = new Float64Array(count).fill(1.5);
	bounds[first] = 2;
	return { screened: new Int32Array(count).fill(0x7fffffff), bounds, exact: (row) => bounds[row]! };
}
