import { float32 } from "@drum/tensor";
import fc from "fast-check";
import { expect, it, test } from "vitest";
import { firstChunks, joinChunks, type WeightedRows } from "./weighted-rows.ts";

/** Of one prompt or several, two tokens a chunk. */
function reading(chunks: number, ...weights: number[]): WeightedRows {
	const count = weights.length / 2;
	const ids = { type: "int64", dims: [count, 2], data: new BigInt64Array(count * 2) } as const;
	return { ids, weights: Float32Array.from(weights), chunks, warnings: [] };
}

const rows = (count: number, ...values: number[]) => float32(Float32Array.from(values), [count, 2, 1]);

it("a chunk with different weights keeps its mean; the others do not change", () => {
	const joined = joinChunks(rows(2, 1, 3, 5, 7), reading(2, 1, 1, 2, 1));
	expect(joined.dims).toEqual([1, 4, 1]);
	const scale = 12 / 17;
	for (const [i, value] of [1, 3, 10 * scale, 7 * scale].entries()) expect(joined.data[i]).toBeCloseTo(value, 5);
});

it("chunks of a prompt follow each other, and its pooled row is that of the first chunk", () => {
	expect(joinChunks(rows(4, 1, 2, 3, 4, 5, 6, 7, 8), reading(2, 1, 1, 1, 1, 1, 1, 1, 1)).dims).toEqual([2, 4, 1]);
	const classRows = float32(Float32Array.of(1, 2, 3, 4), [4, 1]);
	expect(firstChunks(classRows, reading(2, 1, 1, 1, 1, 1, 1, 1, 1))).toEqual(float32(Float32Array.of(1, 3), [2, 1]));
	expect(firstChunks(classRows, ["a", "b", "c", "d"])).toEqual(classRows);
});

it("weights that cancel each other out are refused", () => {
	expect(() => joinChunks(rows(1, 1, 1), reading(1, 1, -1))).toThrow(/weights that cancel each other out/);
});

test("equal weights change nothing, and any others keep the mean", () => {
	const weight = fc.integer({ min: 1, max: 30 }).map((tenths) => tenths / 10);
	const value = fc.integer({ min: 1, max: 100 });
	fc.assert(
		fc.property(value, value, weight, weight, (a, b, first, second) => {
			const { data } = joinChunks(rows(1, a, b), reading(1, first, second));
			expect(data[0]! + data[1]!).toBeCloseTo(a + b, 3);
			if (first === second) expect([...data].map(Math.round)).toEqual([a, b]);
		}),
	);
});
