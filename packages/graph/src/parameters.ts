import { MemoryBytes, sizeOf } from "@drum/tensor";
import type { Graph } from "./graph.ts";
import { reshape, slice } from "./ops/shape.ts";
import type { Value } from "./value.ts";
import type { WeightSource } from "./weight-source.ts";
import { type Declare, Weights } from "./weights.ts";

/**
 * Tensors by path that each run is fed, float32, for layers to take as they take a checkpoint's: what training changes.
 * `values` are the inputs themselves, by which `gradients` can be asked for.
 */
export function parameters(
	graph: Graph,
	shapes: Readonly<Record<string, readonly number[]>>,
): { weights: Weights; values: Record<string, Value> } {
	const values = Object.fromEntries(
		Object.entries(shapes).map(([path, dims]) => [path, graph.input(path, "float32", dims)]),
	);
	// A place in a file of one tensor, named after it.
	const source: WeightSource = {
		name: graph.name,
		get: (path) => {
			const dims = shapes[path];
			return (
				dims && {
					file: new MemoryBytes(path, new Uint8Array()),
					type: "float32",
					dims,
					offset: 0,
					length: sizeOf(dims),
				}
			);
		},
		names: () => Object.keys(shapes),
	};
	const declare: Declare = (_, { file, dims, offset, length }) => {
		const whole = values[file.name]!;
		const size = sizeOf(shapes[file.name]!);
		if (length === size) return reshape(whole, dims);
		return reshape(slice(reshape(whole, [size]), 0, offset, offset + length), dims);
	};
	return { weights: new Weights(graph, source, declare), values };
}
