/** The middle one; of an even number the mean of the middle two. NaN of none. */
export function median(numbers: readonly number[]): number {
	const sorted = numbers.toSorted((a, b) => a - b);
	const middle = sorted.length >> 1;
	if (sorted.length % 2 === 1) return sorted[middle]!;
	return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How far two results are apart: the size of their difference in the size of the second. */
export function distance(a: Float32Array, b: Float32Array): number {
	if (a.length !== b.length) throw new RangeError(`results of ${a.length} and ${b.length} numbers`);
	let [apart, size] = [0, 0];
	for (let i = 0; i < a.length; i++) {
		apart += (a[i]! - b[i]!) ** 2;
		size += b[i]! ** 2;
	}
	return Math.sqrt(apart / size);
}
