import { float32, float32ToBfloat16, float32ToFloat16, sizeOf, type Tensor } from "@drum/tensor";

// As tooling/golden/sd3.py and unet_width.py fill their wide blocks, so that weights too large to keep can be made again.

const PERIOD = 1_000_003;
const PLACE = 7919;

type FloatType = "float32" | "float16" | "bfloat16";

/** Multiples of 1/128 in [−1, 1), which bfloat16 holds exactly, by Numerical Recipes' generator. */
const table = (() => {
	let state = 12345;
	return new Float32Array(PERIOD).map(() => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return (state >>> 24) / 128 - 1;
	});
})();

/** The table round and round, from a place on. */
export function tableTensor(dims: readonly number[], from: number): Tensor<"float32"> {
	return float32(roundAndRound(table, from + sizeOf(dims)).subarray(from), dims);
}

/** A tensor of each shape, from a place of its own; all of a scale are views of one array, which is as large as the largest. */
export function tableWeights(
	shapes: Readonly<Record<string, readonly number[]>>,
	type: FloatType,
	scaleOf = transformerScale,
): Record<string, Tensor> {
	const sorted = Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1));
	const needed = new Map<number, number>();
	for (const [i, [name, dims]] of sorted.entries()) {
		const scale = scaleOf(name, dims);
		needed.set(scale, Math.max(needed.get(scale) ?? 0, i * PLACE + sizeOf(dims)));
	}
	const arrays = new Map(
		Array.from(needed, ([scale, length]) => {
			const own = table.map((value) => (scale === 0 ? value + 1 : value * scale));
			return [scale, roundAndRound(stored(own, type), length)] as const;
		}),
	);
	return Object.fromEntries(
		sorted.map(([name, dims], i) => {
			const data = arrays.get(scaleOf(name, dims))!.subarray(i * PLACE, i * PLACE + sizeOf(dims));
			return [name, { type, dims, data } as Tensor];
		}),
	);
}

/** A power of two, for a matrix near twice the deviation that keeps its input's scale; 0 for a norm's weights, which are around 1. */
function transformerScale(name: string, dims: readonly number[]): number {
	if (name.includes(".norm_")) return 0;
	return dims.length === 1 ? 1 / 8 : 2 ** (1 - Math.round(Math.log2(dims[1]!) / 2));
}

function stored(values: Float32Array, type: FloatType): Float32Array | Uint16Array {
	if (type === "float32") return values;
	return type === "float16" ? float32ToFloat16(values) : float32ToBfloat16(values);
}

function roundAndRound<T extends Float32Array | Uint16Array>(values: T, length: number): T {
	const array = new (values.constructor as new (length: number) => T)(length);
	for (let at = 0; at < length; at += values.length) array.set(values.subarray(0, length - at), at);
	return array;
}
