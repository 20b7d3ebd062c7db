import { float32, sizeOf, type Tensor } from "@drum/tensor";

// Weights too large to keep, made again for a test as tooling/golden/table.py made them for its oracle.

/** How many numbers a table has. */
export const PERIOD = 1_000_003;

/**
 * The numbers that tensors are read from, round and round: multiples of 2 / 2^bits in [−1, 1), by Numerical Recipes' generator.
 * @param bits 11 are held exactly by float16, 8 by bfloat16 too: a file of any such type holds the same numbers
 */
export function table(bits: 8 | 11): Float32Array {
	let state = 12345;
	return new Float32Array(PERIOD).map(() => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return (state >>> (32 - bits)) / 2 ** (bits - 1) - 1;
	});
}

/** Where in the table the tensor of this number begins. */
export function placeOf(i: number): number {
	return (i * 7919) % PERIOD;
}

/** One tensor, from a place in the table on. */
export function tableTensor(values: Float32Array, from: number, dims: readonly number[], scale = 1): Tensor<"float32"> {
	return float32(roundAndRound(scaled(values, scale), from + sizeOf(dims)).subarray(from), dims);
}

/** The table times the scale; of scale 0, around 1. */
export function scaled(values: Float32Array, scale: number): Float32Array {
	return values.map((value) => (scale === 0 ? value + 1 : value * scale));
}

/** The numbers over and over, up to this length. */
export function roundAndRound<T extends Float32Array | Uint16Array>(values: T, length: number): T {
	const array = new (values.constructor as new (length: number) => T)(length);
	for (let at = 0; at < length; at += values.length) array.set(values.subarray(0, length - at), at);
	return array;
}
