import { float32, sizeOf, type Tensor } from "@drum/tensor";
import { expect } from "vitest";
import { type Device, Graph, type GraphOptions, Session, type Value } from "../index.ts";

/** `pnpm webgpu` runs operators on a GPU. */
const DEVICE = process.env.TEST_DEVICE as Device | undefined;

/** Builds a graph, runs it once and releases it; checks that results have the extents the builder knew. */
export async function runGraph(
	feeds: Readonly<Record<string, Tensor>>,
	make: (graph: Graph) => Readonly<Record<string, Value>>,
	options: Partial<GraphOptions> = {},
): Promise<Record<string, Tensor<"float32">>> {
	const graph = new Graph({ name: "test", ...options });
	const values = make(graph);
	const session = await Session.create(graph.build(values), { threads: 1, device: DEVICE });
	try {
		const results = await session.run(feeds);
		for (const [name, { dims }] of Object.entries(values)) {
			const found = results[name]!.dims;
			expect(found, name).toEqual(dims.map((dim, axis) => (typeof dim === "number" ? dim : found[axis])));
		}
		return results;
	} finally {
		await session.release();
	}
}

/** Equal shapes, and numbers within `tolerance` absolute or relative; returns the largest absolute error. */
export function expectClose(found: Tensor | undefined, expected: Tensor<"float32">, tolerance = 1e-5): number {
	expect(found?.dims).toEqual(expected.dims);
	let largest = 0;
	for (const [i, value] of expected.data.entries()) {
		const error = Math.abs(Number(found!.data[i]) - value);
		if (!(error <= tolerance * Math.max(1, Math.abs(value))))
			expect.fail(`element ${i} of [${expected.dims}] is ${found!.data[i]}, expected ${value}`);
		largest = Math.max(largest, error);
	}
	return largest;
}

/** Numbers in (−1, 1) without a pattern that a wrong order of axes would keep. */
export function spread(dims: readonly number[], shift = 0): Tensor<"float32"> {
	return float32(
		Float32Array.from({ length: sizeOf(dims) }, (_, i) => Math.sin(12.9898 * (i + 1) + shift)),
		dims,
	);
}
