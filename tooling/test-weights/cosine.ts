/** Of the angle between two results of one length. */
export function cosine(a: Float32Array, b: Float32Array): number {
	let [product, first, second] = [0, 0, 0];
	for (const [i, x] of a.entries()) {
		product += x * b[i]!;
		first += x * x;
		second += b[i]! * b[i]!;
	}
	return product / Math.sqrt(first * second);
}
