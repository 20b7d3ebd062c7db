import type { CheckpointTensor } from "@drum/tensor";
import type { WeightSource } from "../weights.ts";
import { formatOf, type QuantizedDtype, type QuantizedFormat, rowParts } from "./formats.ts";

/** A matrix to be quantised. */
export interface Matrix {
	readonly name: string;
	readonly place: CheckpointTensor;
	readonly rows: number;
	readonly columns: number;
	readonly format: QuantizedFormat;
}

/** Matrices with a shorter side stay as they are: they weigh little, and are a model's first and last layers. */
const SHORTEST_SIDE = 128;

/** How a matrix of this shape is held; undefined for one that stays as it is. */
function formatFor(dtype: QuantizedDtype, dims: readonly number[]): QuantizedFormat | undefined {
	const [rows = 0, columns = 0] = dims;
	const format = formatOf(dtype, rows, columns);
	const fits = dims.length === 2 && columns % format.block === 0 && Math.min(rows, columns) >= SHORTEST_SIDE;
	return fits ? format : undefined;
}

/** Bytes of a matrix `[rows, columns]` once quantised, in a file as in memory; undefined for one that stays as it is. */
export function quantizedBytes(dtype: QuantizedDtype, dims: readonly number[]): number | undefined {
	const format = formatFor(dtype, dims);
	if (!format) return undefined;
	const { codes, scales, zeroPoints } = rowParts(format, dims[1]!);
	return dims[0]! * (codes + 4 * scales + zeroPoints);
}

/** The matrices that the model multiplies with and that can be quantised, as building it tells: in the checkpoint's order. */
export function matricesOf(
	weights: WeightSource,
	build: (weights: WeightSource) => unknown,
	dtype: QuantizedDtype,
): Matrix[] {
	const asked = new Set<string>();
	build({
		name: weights.name,
		get: (tensor) => weights.get(tensor),
		names: () => weights.names(),
		quantized: (tensor) => void asked.add(tensor),
	});
	return [...weights.names()].flatMap((name) => {
		const place = asked.has(name) ? weights.get(name) : undefined;
		const { dims = [] } = place ?? {};
		const format = formatFor(dtype, dims);
		return place && format ? [{ name, place, rows: dims[0]!, columns: dims[1]!, format }] : [];
	});
}
