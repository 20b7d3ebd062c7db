import { type CheckpointTensor, sizeOf } from "@drum/tensor";
import type { WeightSource } from "../weight-source.ts";
import { chooseFormat, type Int8Arithmetic } from "./choose-format.ts";
import { type QuantizedDtype, type QuantizedFormat, rowParts, type WeightUse } from "./formats.ts";

/** A weight to be quantised. */
export interface Matrix {
	/** Its name in the checkpoint, and after it the number of its parts where it is used in parts. */
	readonly key: string;
	readonly name: string;
	readonly place: CheckpointTensor;
	readonly rows: number;
	readonly columns: number;
	readonly format: QuantizedFormat;
}

/**
 * Bytes of a weight `[rows, columns]`, or of a kernel, once quantised on a CPU, in a file as in memory; undefined for one that stays as
 * it is.
 */
export function quantizedBytes(
	dtype: QuantizedDtype,
	dims: readonly number[],
	{ outliers = false, oneRow = false } = {},
): number | undefined {
	const format = chooseFormat(dtype, dims, { oneRow }, { largest: 127, outliers });
	if (!format) return undefined;
	const [rows = 0, ...others] = dims;
	const { codes, scales, zeroPoints } = rowParts(format, sizeOf(others));
	return rows * (codes + 4 * scales + zeroPoints);
}

/** What the quantised form of a weight is found by: the parts matter where they lie apart. */
export function partsKey(name: string, parts: number): string {
	return parts > 1 ? `${name}/${parts}` : name;
}

/** What a model takes of a checkpoint, as building it tells, in the checkpoint's order. */
export interface Taken {
	/** The weights that it multiplies with and that can be quantised. */
	readonly matrices: readonly Matrix[];
	/** The names of those that are taken as they are. */
	readonly others: readonly string[];
}

export function takenBy(
	weights: WeightSource,
	build: (weights: WeightSource) => unknown,
	dtype: QuantizedDtype,
	{ keeps, ...arithmetic }: Int8Arithmetic & { keeps: (tensor: string) => boolean },
): Taken {
	const read = new Set<string>();
	const asked = new Map<string, WeightUse[]>();
	build({
		name: weights.name,
		get(tensor) {
			read.add(tensor);
			return weights.get(tensor);
		},
		names: () => weights.names(),
		quantized: (tensor, use) => {
			asked.set(tensor, [...(asked.get(tensor) ?? []), use]);
			return undefined;
		},
	});
	const matrices = [...weights.names()].flatMap((name) => {
		const place = weights.get(name);
		const found = new Map<string, Matrix>();
		for (const use of (place && !keeps(name) && asked.get(name)) || []) {
			const format = chooseFormat(dtype, place!.dims, use, arithmetic);
			if (!format) continue;
			const [rows = 0, ...others] = place!.dims;
			const columns = sizeOf(others);
			const key = partsKey(name, format.kind === "channels" ? format.parts : 1);
			found.set(key, { key, name, place: place!, rows, columns, format });
		}
		return [...found.values()];
	});
	const quantized = new Set(matrices.map(({ name }) => name));
	return { matrices, others: [...weights.names()].filter((name) => read.has(name) && !quantized.has(name)) };
}
