import { checkNames, namesOf, RandomState } from "@drum/tensor";
import { checkShape, type EmbeddingsTensor, readEmbeddings } from "./embeddings.ts";
import { FixedPoint } from "./fixed-point.ts";
import { Greedy, type Start } from "./greedy.ts";
import { everything, type Progress, run } from "./run.ts";
import { entriesOf, type Share } from "./share.ts";
import { Slices } from "./slices.ts";

export type KCenterOptions = Share &
	Progress & {
		/** The seed of NumPy's `RandomState` that draws the first index. Default 42. */
		seed?: number | undefined;
	};

const OPTIONS = namesOf<KCenterOptions>({ size: true, ratio: true, seed: true, onProgress: true, signal: true });

/**
 * Chooses the n embeddings that are most spread out by cosine distance 1 − cos (greedy k-centre, also called farthest point), and returns
 * their indices in the order in which they are taken. The first is random. Each further one is the farthest from all that are taken so far.
 * Measured as angles, which have the same order, the largest distance to the nearest of them is at most twice the smallest possible.
 *
 * `coreset` (Algorithm 1) does the opposite, because it takes the most similar ones. Distances are compared in float64, and the first index
 * wins a tie. If n is N, all indices are returned in order. It runs on the calling thread in slices of about 8 ms.
 *
 * @param embeddings `[N, width]`. Only their directions count, not their lengths.
 * @throws ArgumentError for embeddings that are not finite or a row of zeros, and for options outside their range.
 * @throws the signal's reason
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

/** D = −cos starts above all cosines, and is highest for the first row. */
function startAt(first: number, count: number): Start {
	const bounds = new Float64Array(count).fill(1.5);
	bounds[first] = 2;
	return { screened: new Int32Array(count).fill(0x7fffffff), bounds, exact: (row) => bounds[row]! };
}
