import { checkNames, RandomState } from "@drum/tensor";
import { entriesOf, SHARE, type Share } from "./share.ts";

export type RandomSampleOptions = Share & {
	/** A seed of NumPy's `RandomState`. Default 42. */
	seed?: number | undefined;
};

/**
 * Draws different random indices below `count`, the baseline "random" of the paper's figure 3. Their order is that of NumPy's
 * `RandomState(seed).choice(count, n, replace=False)`. If n is `count`, all indices are returned in order.
 *
 * @param count N, the number of entries.
 * @throws ArgumentError for a count, share or seed outside its range.
 */
export function randomSample(count: number, options: RandomSampleOptions = {}): number[] {
	checkNames("randomSample", options, [...SHARE, "seed"]);
	const size = entriesOf(count, options);
	const drawn = new RandomState(options.seed ?? 42).choice(count, size);
	return size === count ? Array.from(drawn).sort((a, b) => a - b) : Array.from(drawn);
}

/**
 * Gives n evenly spaced indices below `count` in rising order, the baseline "uniform" of the paper's figure 3. They are the middles of n
 * equal stretches, ⌊(i + ½)·N/n⌋.
 *
 * @param count N, the number of entries.
 * @throws ArgumentError for a count or share outside its range.
 */
export function uniformSample(count: number, options: Share = {}): number[] {
	checkNames("uniformSample", options, SHARE);
	const size = entriesOf(count, options);
	return Array.from({ length: size }, (_, i) => Math.floor(((2 * i + 1) * count) / (2 * size)));
}
