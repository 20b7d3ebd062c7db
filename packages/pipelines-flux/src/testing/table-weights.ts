import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { WeightSource } from "@drum/graph";
import { BYTES, float32, float32ToBfloat16, float32ToFloat16, sizeOf, type Tensor } from "@drum/tensor";

// As tooling/golden/table.py and flux.py fill their models, so that no weights are kept.

const PERIOD = 1_000_003;
const TABLE = numbers();
const STORED = { float32: (values: Float32Array) => values, float16: float32ToFloat16, bfloat16: float32ToBfloat16 };

export type Stored = keyof typeof STORED;
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** One tensor, from the place of its number in the table. */
export function tableTensor(i: number, dims: readonly number[], scale: number): Tensor<"float32"> {
	const data = Float32Array.from({ length: sizeOf(dims) }, (_, at) => scaled(TABLE[(place(i) + at) % PERIOD]!, scale));
	return float32(data, dims);
}

/** Every tensor of a small model. */
export function tableWeights(shapes: Shapes, type: Stored = "float32"): Record<string, Tensor> {
	const named = byName(shapes).map(([name, dims], i) => {
		const { data } = tableTensor(i, dims, scaleOf(name, dims));
		return [name, { type, dims, data: STORED[type](data) } as Tensor] as const;
	});
	return Object.fromEntries(named);
}

/** The weights of a large model as places in a few files, one for each scale, in which they overlap: they take a fraction of its bytes. */
export async function tableSource(folder: string, shapes: Shapes, type: Stored): Promise<WeightSource> {
	const lengths = new Map<number, number>();
	const places = byName(shapes).map(([name, dims], i) => {
		const scale = scaleOf(name, dims);
		const [offset, length] = [place(i), sizeOf(dims)].map((count) => count * BYTES[type]) as [number, number];
		lengths.set(scale, Math.max(lengths.get(scale) ?? 0, offset + length));
		return [name, { file: join(folder, `${type}-${scale}`), type, dims, offset, length }] as const;
	});
	for (const [scale, length] of lengths) {
		const { buffer } = STORED[type](TABLE.map((value) => scaled(value, scale)));
		const [period, whole] = [new Uint8Array(buffer), new Uint8Array(length)];
		for (let at = 0; at < length; at += period.length) whole.set(period.subarray(0, length - at), at);
		await writeFile(join(folder, `${type}-${scale}`), whole);
	}
	const found = new Map(places);
	return { name: `table of ${type}`, get: (name) => found.get(name), names: () => found.keys() };
}

/** A power of two near twice an initialisation's deviation; 0 for norms' weights, which are around 1. */
function scaleOf(name: string, dims: readonly number[]): number {
	if (dims.length === 2) return 2 ** -Math.floor(Math.log2(dims[1]!) / 2);
	return name.endsWith("bias") ? 0.125 : 0;
}

function scaled(value: number, scale: number): number {
	return scale === 0 ? value + 1 : value * scale;
}

function byName(shapes: Shapes) {
	return Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Where in the table the tensor of this number begins. */
function place(i: number): number {
	return (i * 7919) % PERIOD;
}

/** Multiples of 1/128 in [−1, 1), which bfloat16 holds exactly, by Numerical Recipes' generator. */
function numbers(): Float32Array {
	let state = 12345;
	return new Float32Array(PERIOD).map(() => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return (state >>> 24) / 128 - 1;
	});
}
