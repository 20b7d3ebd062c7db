/** In float64, at most 1 and at least −1; 0 for a feature of no length. */
export function cosine(a: Float32Array, b: Float32Array): number {
	let [product, squaresA, squaresB] = [0, 0, 0];
	for (let k = 0; k < a.length; k++) {
		product += a[k]! * b[k]!;
		squaresA += a[k]! * a[k]!;
		squaresB += b[k]! * b[k]!;
	}
	const lengths = Math.sqrt(squaresA) * Math.sqrt(squaresB);
	return lengths === 0 ? 0 : Math.max(-1, Math.min(1, product / lengths));
}
