interface Buckets {
	/** Buckets of both directions together. */
	buckets: number;
	/** From this distance on all share the last bucket. */
	maxDistance: number;
}

/**
 * The bucket of each distance from −(tokens − 1) to tokens − 1, key's place minus query's: half of the buckets for keys
 * behind, half for keys ahead; in each half, small distances have one of their own, and larger ones share, by their logarithm.
 * `_relative_position_bucket` of transformers' T5Attention, bidirectional.
 */
export function relativePositionBuckets(tokens: number, { buckets, maxDistance }: Buckets): number[] {
	const half = buckets / 2;
	const exact = half / 2;
	const { fround, log } = Math;
	return Array.from({ length: 2 * tokens - 1 }, (_, i) => {
		const ahead = i - (tokens - 1);
		const distance = Math.abs(ahead);
		// In float32 step by step, as the reference does it: a distance on the edge of two buckets goes where it went in training.
		const share = fround(fround(log(fround(distance / exact))) / fround(log(maxDistance / exact)));
		const shared = exact + Math.trunc(fround(share * (half - exact)));
		return (ahead > 0 ? half : 0) + (distance < exact ? distance : Math.min(shared, half - 1));
	});
}
