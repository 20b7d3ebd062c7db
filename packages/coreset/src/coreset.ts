import { RandomState, type Tensor } from "@drum/tensor";
import { type Embeddings, readEmbeddings } from "./embeddings.ts";
import { FixedPoint } from "./fixed-point.ts";
import { Greedy, type Start } from "./greedy.ts";
import { checkIntensities } from "./intensities.ts";
import { probesOf, type Share, shareOf } from "./share.ts";
import { Slices } from "./slices.ts";

/** What a sampler that takes its time reports and heeds. */
export interface Progress {
	/** Called as entries are taken, at most once a slice of about 10 ms, and at the end. */
	onProgress?: ((done: number, total: number) => void) | undefined;
	/** Ends the call between two slices: it then throws the signal's reason. */
	signal?: AbortSignal | undefined;
}

export type CoresetOptions = Share &
	Progress & {
		/** Preference intensities P, one for each embedding: finite, at least 0, not all 0. Default: all 1. */
		intensities?: ArrayLike<number> | undefined;
		/** k, how many random embeddings stand for all of them at the start: a count of at least 1, or a fraction in (0, 1). Default 10. */
		approximate?: number | undefined;
		/** Seed of the draw of those k, as NumPy's `RandomState` takes it. Default 42. */
		seed?: number | undefined;
	};

/**
 * Algorithm 1: the indices, in the order taken, of the embeddings that stand for all of them.
 *
 * With Sim(e, E)ᵢ = cos(e, eᵢ)·pᵢ, D is the mean of Sim(e, E) over k random e; then s = arg max D is taken,
 * D = min(D, Sim(e_s, E)), D_s = −∞, until n are taken. Similarities are compared in float64, the first index wins a tie.
 * If n is all of them, they are returned in order.
 *
 * Runs on the calling thread in slices of about 10 ms, between which the event loop turns.
 *
 * @param embeddings `[N, width]`, projected text features, of any length: only their directions count.
 * @throws ArgumentError for embeddings that are not finite or a row of zeros, for intensities that are negative, not
 *   finite, all zero or not N, and for options outside their range.
 */
export async function coreset(embeddings: Tensor<"float32">, options: CoresetOptions = {}): Promise<number[]> {
	const { intensities, approximate = 10, seed = 42 } = options;
	const slices = new Slices(options.signal);
	const all = await readEmbeddings(embeddings, slices);
	const size = shareOf(all.count, options);
	const probes = probesOf(all.count, approximate);
	if (intensities) checkIntensities(intensities, all.count);
	if (size === all.count) return everything(size, options);
	const points = await FixedPoint.of(all, size, slices);
	const start = await meanOver(new RandomState(seed).choice(all.count, probes), all, points, slices);
	return take(size, new Greedy(all, intensities, start, 1, points), slices, options);
}

/** All indices in order. */
export function everything(count: number, { onProgress }: Progress): number[] {
	onProgress?.(count, count);
	return Array.from({ length: count }, (_, index) => index);
}

export async function take(size: number, greedy: Greedy, slices: Slices, { onProgress }: Progress): Promise<number[]> {
	const { picks } = greedy;
	while (picks.length < size) {
		greedy.step();
		if (slices.over) {
			onProgress?.(picks.length, size);
			await slices.next();
		}
	}
	onProgress?.(size, size);
	return picks;
}

/** D's start: the mean cosine to the probes, as the dot with the mean of their unit vectors. */
async function meanOver(
	probes: ArrayLike<number>,
	embeddings: Embeddings,
	points: FixedPoint,
	slices: Slices,
): Promise<Start> {
	const { count, width, data, norms } = embeddings;
	const sum = new Float64Array(width);
	for (let i = 0; i < probes.length; i++) {
		const probe = probes[i]!;
		for (let k = 0; k < width; k++) sum[k]! += data[probe * width + k]! / norms[probe]!;
		if ((i & 63) === 63 && slices.over) await slices.next();
	}
	points.place(
		0,
		sum.map((value) => value / probes.length),
	);
	const screened = new Int32Array(count);
	for (let row = 0; row < count; row++) {
		points.firstBelow(row, 0, 1, Number.POSITIVE_INFINITY);
		screened[row] = points.found;
		if ((row & 1023) === 1023 && slices.over) await slices.next();
	}
	const exact = (row: number) => {
		let dot = 0;
		for (let k = 0; k < width; k++) dot += data[row * width + k]! * sum[k]!;
		return dot / norms[row]! / probes.length;
	};
	return { screened, exact };
}
