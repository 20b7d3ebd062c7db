import type { CheckpointTensor } from "@drum/tensor/node";
import type { WeightSource } from "../weights.ts";
import { formatOf, type QuantizedDtype, type QuantizedFormat } from "./formats.ts";

/** A matrix to be quantised. */
export interface Matrix extends CheckpointTensor {
	readonly name: string;
	readonly rows: number;
	readonly columns: number;
	readonly format: QuantizedFormat;
}

/** Matrices with a shorter side stay as they are: they weigh little, and are a model's first and last layers. */
const SHORTEST_SIDE = 128;

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
		const [rows = 0, columns = 0] = place?.dims ?? [];
		const format = formatOf(dtype, rows, columns);
		const fits = columns % format.block === 0 && Math.min(rows, columns) >= SHORTEST_SIDE;
		return place && fits ? [{ ...place, name, rows, columns, format }] : [];
	});
}
