interface Buckets {
	/** The number of buckets for both directions together. */
	buckets: number;
	/** All distances from this one on share the last bucket. */
	maxDistance: number;
}

/**
 * The bucket of each distance from −(tokens − 1) to tokens − 1, the key's position minus the query's. Half of the buckets are for earlier keys, half
 * for later ones. In each half, small distances have their own buckets, and larger ones share buckets by their logarithm. `_relative_position_bucket`
 * of transformers' T5Attention, bidirectional.
 */
export function relativePositionBuckets(tokens: number, { buckets, maxDistance }: Buckets): number[] {
	const half = buckets / 2;
	const exact = half / 2;
	const { fround, log } = Math;
	return Array.from({ length: 2 * tokens - 1 }, (_, i) => {
		const ahead = i - (tokens - 1);
		const distance = Math.abs(ahead);
		// Each operation in float32, as in the reference, so that a distance between two buckets gets the same one as in training.
		const share = fround(fround(log(fround(distance / exact))) / fround(log(maxDistance / exact)));
		const shared = exact + Math.trunc(fround(share * (half - exact)));
		return (ahead > 0 ? half : 0) + (distance < exact ? distance : Math.min(shared, half - 1));
	});
}
