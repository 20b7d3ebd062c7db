import { coreset, profileSize } from "@drum/coreset";
import { ArgumentError, float32, type Tensor } from "@drum/tensor";
import type { Sampling } from "./profile-parts.ts";

interface SideOptions {
	sampling: Sampling;
	signal: AbortSignal | undefined;
	onProgress: (done: number, total: number) => void;
}

/** How many rows of the likes, or of the dislikes, a profile keeps. */
export function sideSize(rows: readonly number[], { ratio, size }: Sampling): number {
	return profileSize(rows.length, size === undefined ? { ratio } : { size });
}

/**
 * Applies Algorithm 1 to the likes or the dislikes of a history. Returns the picked row numbers in the order of the algorithm.
 * @param features text features of all rows: `[history, width]`
 * @param weights the weight of each history row, from 0
 * @param rows which history rows to choose from
 * @throws ArgumentError if all picked rows have weight 0; the signal's reason
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
			next: "Raise ratio or size, to include a prompt with an intensity above 0",
		});
	}
	return picked.map((i) => rows[i]!);
}

/** The features of these rows; for all rows, the tensor itself. */
export function featuresOf(features: Tensor<"float32">, rows: readonly number[]): Tensor<"float32"> {
	const [count = 0, width = 0] = features.dims;
	if (rows.length === count) return features;
	const data = new Float32Array(rows.length * width);
	for (const [i, row] of rows.entries()) data.set(features.data.subarray(row * width, (row + 1) * width), i * width);
	return float32(data, [rows.length, rows.length && width]);
}
