import { join } from "node:path";
import {
	type CheckpointTensor,
	float32,
	float32ToFloat16,
	joinedTensor,
	scaledTensor,
	transposedTensor,
} from "@drum/tensor";
import { expect, it } from "vitest";
import { add, embedding, Graph, linear, linearParts, type WeightSource, Weights } from "./index.ts";
import { runGraph } from "./testing/run.ts";
import { checkpointOf, temporaryFolder } from "./testing/temporary.ts";

const folder = await temporaryFolder();
const file = await checkpointOf(join(folder, "odd.safetensors"), {
	turned: float32(Float32Array.of(1, 4, 2, 5, 3, 6), [3, 2]),
	last: { type: "float16", dims: [1, 3], data: float32ToFloat16(Float32Array.of(4, 5, 6)) },
	first: { type: "float16", dims: [1, 3], data: float32ToFloat16(Float32Array.of(1, 2, 3)) },
	// 1, 2, 3 and 4, 5, 6 in 8 bits, each row by another factor.
	codes: { type: "float8_e4m3fn", dims: [2, 3], data: Uint8Array.of(0x38, 0x40, 0x44, 0x40, 0x42, 0x44) },
	factors: float32(Float32Array.of(1, 2), [2]),
	bias: float32(Float32Array.of(0.5, -0.5), [2]),
});
const PLACES: Record<string, CheckpointTensor> = {
	transposed: transposedTensor(file.get("turned")!),
	joined: joinedTensor([file.get("first")!, file.get("last")!]),
	scaled: scaledTensor(file.get("codes")!, file.get("factors")!),
};

/** A layer whose weight is at that place. */
const source = (place: CheckpointTensor): WeightSource => {
	const places = new Map([
		["weight", place],
		["bias", file.get("bias")!],
	]);
	return { name: "odd", get: (tensor) => places.get(tensor), names: () => places.keys() };
};

const FEEDS = { x: float32(Float32Array.of(1, 0, 0, 0, 1, 1), [2, 3]) };
const PRECISIONS = ["float32", "float16"] as const;

it.each(Object.keys(PLACES))("a layer computes with a matrix that is %s, whole and as a table", async (kind) => {
	for (const precision of PRECISIONS) {
		const found = await runGraph(
			FEEDS,
			(graph) => {
				const w = new Weights(graph, source(PLACES[kind]!)).at("");
				const x = graph.input("x", "float32", [2, 3]);
				const row = embedding(w, graph.integers([1]), 2, 3);
				const flat = w.get("weight", [2, 3], [6]);
				return { whole: linear(w, x, 2), row, flat: add(flat, graph.scalar(0)) };
			},
			{ precision },
		);
		const values = Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, [...data]]));
		expect(values).toEqual({ whole: [1.5, 3.5, 5.5, 10.5], row: [4, 5, 6], flat: [1, 2, 3, 4, 5, 6] });
	}
});

it.each(["joined", "scaled"])("a layer computes with the parts of a matrix that is %s", async (kind) => {
	const found = await runGraph(FEEDS, (graph) => {
		const [left, right] = linearParts(
			new Weights(graph, source(PLACES[kind]!)).at(""),
			graph.input("x", "float32", [2, 3]),
			1,
			2,
		);
		return { left: left!, right: right! };
	});
	expect([[...found.left!.data], [...found.right!.data]]).toEqual([
		[1.5, 5.5],
		[3.5, 10.5],
	]);
});

it("what is made of weights is made once, outside of a scan that uses it", async () => {
	const found = await runGraph({ x: FEEDS.x }, (graph) => {
		const x = graph.input("x", "float32", [2, 3]);
		const w = new Weights(graph, source(PLACES.scaled!));
		const sum = graph.scan(graph.constant(new Float32Array(6), [2, 3]), [x], (state, row) =>
			add(state, add(row, w.get("weight", [2, 3]))),
		);
		return { sum, after: add(sum, w.get("weight", [2, 3])) };
	});
	expect([...found.sum!.data]).toEqual([3, 5, 7, 9, 11, 13]);
	expect([...found.after!.data]).toEqual([4, 7, 10, 13, 16, 19]);
	expect(new Graph({ name: "none" }).build({}).folds).toBe(false);
});
