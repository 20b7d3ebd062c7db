import { checkNames, RandomState } from "@drum/tensor";
import { entriesOf, SHARE, type Share } from "./share.ts";

export type RandomSampleOptions = Share & {
	/** As NumPy's `RandomState` takes it. Default 42. */
	seed?: number | undefined;
};

/**
 * Figure 3's "random": different indices below `count`, in the order that NumPy's `RandomState(seed).choice(count, n,
 * replace=False)` draws them. If n is all of them, they are returned in order.
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
 * Figure 3's "uniform": evenly spaced indices below `count`, rising: of n equal stretches each one's middle, ⌊(i + ½)·N/n⌋.
 *
 * @param count N, the number of entries.
 * @throws ArgumentError for a count or share outside its range.
 */
export function uniformSample(count: number, options: Share = {}): number[] {
	checkNames("uniformSample", options, SHARE);
	const size = entriesOf(count, options);
	return Array.from({ length: size }, (_, i) => Math.floor(((2 * i + 1) * count) / (2 * size)));
}
