import { coreset, profileSize } from "@drum/coreset";
import { ArgumentError, float32, type Tensor } from "@drum/tensor";
import type { Sampling } from "./profile-parts.ts";

interface SideOptions {
	sampling: Sampling;
	signal: AbortSignal | undefined;
	onProgress: (done: number, total: number) => void;
}

/** How many of a side's rows a profile keeps. */
export function sideSize(rows: readonly number[], { ratio, size }: Sampling): number {
	return profileSize(rows.length, size === undefined ? { ratio } : { size });
}

/**
 * Algorithm 1 over the rows of one side of a history: those that it picks, in the order taken.
 * @param features `[history, width]`
 * @param weights what each row of the history counts, from 0
 * @throws ArgumentError when all that it picks count nothing.
 */
export async function sideCoreset(
	features: Tensor<"float32">,
	weights: Float64Array,
	rows: readonly number[],
	{ sampling, signal, onProgress }: SideOptions,
): Promise<number[]> {
	const size = sideSize(rows, sampling);
	const picked = await coreset(featuresOf(features, rows), {
		...(size > 0 && { size }),
		seed: sampling.seed,
		intensities: rows.length > 0 ? rows.map((row) => weights[row]!) : undefined,
		signal,
		onProgress,
	});
	if (picked.length > 0 && picked.every((i) => weights[rows[i]!] === 0)) {
		throw new ArgumentError({
			what: "intensities of the coreset",
			expected: "at least one above 0",
			found: "all are 0",
			next: "Keep more of the history",
		});
	}
	return picked.map((i) => rows[i]!);
}

/** The features of these rows; of all of them the tensor itself. */
export function featuresOf(features: Tensor<"float32">, rows: readonly number[]): Tensor<"float32"> {
	const [count = 0, width = 0] = features.dims;
	if (rows.length === count) return features;
	const data = new Float32Array(rows.length * width);
	for (const [i, row] of rows.entries()) data.set(features.data.subarray(row * width, (row + 1) * width), i * width);
	return float32(data, [rows.length, rows.length && width]);
}
