import { float32, RandomState, type Tensor } from "@drum/tensor";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { coreset, kCenter } from "./index.ts";
import { KINDS, madeUp, plainCoreset, plainKCenter, ratings } from "./testing/reference.ts";

const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[];
const cases = {
	count: fc.integer({ min: 2, max: 600 }),
	width: fc.integer({ min: 4, max: 70 }),
	seed: fc.nat({ max: 1e6 }),
	ratio: fc.double({ min: 0.02, max: 0.6, noNaN: true }),
	weighted: fc.boolean(),
};

afterEach(() => vi.unstubAllGlobals());

describe.each(kinds)("of %s embeddings", (kind) => {
	it("coreset takes what a plain float64 Algorithm 1 takes", async () => {
		await fc.assert(
			fc.asyncProperty(fc.record(cases), async ({ count, width, seed, ratio, weighted }) => {
				const embeddings = madeUp(kind, count, width, seed);
				const intensities = weighted ? ratings(count, seed) : undefined;
				const picks = await coreset(embeddings, { intensities, ratio, seed });
				const probes = new RandomState(seed).choice(count, Math.min(10, count));
				expect(new Set(picks).size).toBe(picks.length);
				expect(picks).toEqual(plainCoreset(embeddings, picks.length, { probes, intensities }));
			}),
			{ numRuns: 25 },
		);
	});

	it("kCenter takes what a plain farthest-point traversal takes", async () => {
		await fc.assert(
			fc.asyncProperty(fc.record(cases), async ({ count, width, seed, ratio }) => {
				const embeddings = madeUp(kind, count, width, seed);
				const picks = await kCenter(embeddings, { ratio, seed });
				const first = new RandomState(seed).choice(count, 1)[0]!;
				expect(picks).toEqual(plainKCenter(embeddings, picks.length, first));
			}),
			{ numRuns: 15 },
		);
	});

	it("the picks are the same where WebAssembly is forbidden", async () => {
		const embeddings = madeUp(kind, 300, 48, 5);
		const intensities = ratings(300, 5);
		const [picks, spread] = [await coreset(embeddings, { intensities }), await kCenter(embeddings)];
		vi.stubGlobal("WebAssembly", undefined);
		expect(await coreset(embeddings, { intensities })).toEqual(picks);
		expect(await kCenter(embeddings)).toEqual(spread);
	});
});

describe("coreset", () => {
	it("takes copies of one row in order, because the first index wins a tie", async () => {
		const embeddings = float32(new Float32Array(40 * 8).fill(0.3), [40, 8]);
		expect(await coreset(embeddings, { size: 12 })).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
	});

	it("does not depend on the rows' lengths, from the smallest float32 numbers to the largest", async () => {
		const embeddings = madeUp("clustered", 200, 24, 1);
		// Powers of two scale without rounding, as long as no bits fall off the end.
		const coarse = embeddings.data.map((value) => Math.round(value * 1024));
		const powers = new RandomState(2).randint(-149, 114, 200);
		const scaled = coarse.map((value, at) => value * 2 ** powers[Math.floor(at / 24)]!);
		expect(await coreset(float32(scaled, [200, 24]))).toEqual(await coreset(float32(coarse, [200, 24])));
	});

	it("does not depend on the intensities' common scale, nor on equal intensities", async () => {
		const embeddings = madeUp("random", 300, 32, 3);
		const intensities = ratings(300, 3);
		const picks = await coreset(embeddings, { intensities });
		expect(await coreset(embeddings, { intensities: intensities.map((value) => value * 2 ** -1000) })).toEqual(picks);
		expect(await coreset(embeddings, { intensities: Array(300).fill(4) })).toEqual(await coreset(embeddings));
	});

	it("follows the rows when they are in another order, if D starts with all of them", async () => {
		const embeddings = madeUp("clustered", 250, 20, 4);
		const order = Array.from(new RandomState(9).permutation(250));
		const shuffled = take(embeddings, order);
		const picks = await coreset(shuffled, { approximate: 250 });
		expect(picks.map((pick) => order[pick])).toEqual(await coreset(embeddings, { approximate: 250 }));
	});

	it("takes entries of intensity 0 only after D of the others is below 0", async () => {
		const embeddings = madeUp("clustered", 100, 16, 6);
		const intensities = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 0 : 1));
		const picks = await coreset(embeddings, { intensities, size: 20 });
		expect(picks.every((pick) => pick % 2 === 1)).toBe(true);
	});

	it("begins a longer coreset with the shorter one", async () => {
		const embeddings = madeUp("random", 220, 30, 8);
		expect((await coreset(embeddings, { size: 60 })).slice(0, 25)).toEqual(await coreset(embeddings, { size: 25 }));
	});
});

function take({ data, dims }: Tensor<"float32">, order: readonly number[]): Tensor<"float32"> {
	const width = dims[1]!;
	const rows = order.flatMap((row) => Array.from(data.subarray(row * width, (row + 1) * width)));
	return float32(Float32Array.from(rows), dims);
}
