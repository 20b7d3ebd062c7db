/**
 * Arithmetic on flat float32 arrays, one rounding per operation as in PyTorch's eager mode, so that a sampler written
 * in these is diffusers' own order of arithmetic. Scalars are rounded to float32 first.
 */

/** c · x */
export function scale(c: number, x: Float32Array): Float32Array {
	const factor = Math.fround(c);
	return x.map((value) => factor * value);
}

/** x / c */
export function divide(x: Float32Array, c: number): Float32Array {
	const divisor = Math.fround(c);
	return x.map((value) => value / divisor);
}

/** x + y */
export function add(x: Float32Array, y: Float32Array): Float32Array {
	return x.map((value, i) => value + y[i]!);
}

/** x − y */
export function subtract(x: Float32Array, y: Float32Array): Float32Array {
	return x.map((value, i) => value - y[i]!);
}

/** x limited to [−bound, bound] */
export function clamp(x: Float32Array, bound: number): Float32Array {
	return x.map((value) => Math.min(Math.max(value, -bound), bound));
}
