import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { BYTES, float32ToBfloat16, float32ToFloat16, sizeOf, type Tensor, type TensorSource } from "@drum/tensor";
import { LocalFile } from "@drum/tensor/node";
import { placeOf, roundAndRound, scaled } from "./table.ts";

export type Shapes = Readonly<Record<string, readonly number[]>>;

const STORED = { float32: (values: Float32Array) => values, float16: float32ToFloat16, bfloat16: float32ToBfloat16 };

export type Stored = keyof typeof STORED;

/** What a model's tensors are read from, and times what; of scale 0 they are around 1, as a norm's weights are. */
export interface Filling {
	readonly table: Float32Array;
	scaleOf(name: string, dims: readonly number[]): number;
}

/** Every tensor of a model; all of a scale are views of one array, so that a large model costs the memory of its largest tensor. */
export function tableWeights(shapes: Shapes, type: Stored, filling: Filling): Record<string, Tensor> {
	const { places, lengths } = layOut(shapes, filling);
	const arrays = new Map(Array.from(lengths, ([scale, length]) => [scale, ofScale(scale, length, type, filling)]));
	const named = places.map(({ name, dims, scale, from, length }) => {
		const data = arrays.get(scale)!.subarray(from, from + length);
		return [name, { type, dims, data } as Tensor] as const;
	});
	return Object.fromEntries(named);
}

/** The same as places in a few files of this folder, one for each scale, in which they overlap: they take a fraction of its bytes. */
export async function tableSource(
	folder: string,
	shapes: Shapes,
	type: Stored,
	filling: Filling,
): Promise<TensorSource> {
	const { places, lengths } = layOut(shapes, filling);
	const fileOf = (scale: number) => join(folder, `${type}-${scale}`);
	const files = new Map<number, LocalFile>();
	for (const [scale, length] of lengths) {
		await writeFile(fileOf(scale), ofScale(scale, length, type, filling));
		files.set(scale, await LocalFile.open(fileOf(scale)));
	}
	const found = new Map(
		places.map(({ name, dims, scale, from, length }) => {
			const bytes = { offset: from * BYTES[type], length: length * BYTES[type] };
			return [name, { file: files.get(scale)!, type, dims, ...bytes }] as const;
		}),
	);
	return { name: `table of ${type}`, get: (name) => found.get(name), names: () => found.keys() };
}

/** Each tensor, in the order of names, at a place of its own, and how long the array of each scale must be. */
function layOut(shapes: Shapes, { scaleOf }: Filling) {
	const lengths = new Map<number, number>();
	const sorted = Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1));
	const places = sorted.map(([name, dims], i) => {
		const [scale, from, length] = [scaleOf(name, dims), placeOf(i), sizeOf(dims)];
		lengths.set(scale, Math.max(lengths.get(scale) ?? 0, from + length));
		return { name, dims, scale, from, length };
	});
	return { places, lengths };
}

function ofScale(scale: number, length: number, type: Stored, { table }: Filling): Float32Array | Uint16Array {
	return roundAndRound(STORED[type](scaled(table, scale)), length);
}
