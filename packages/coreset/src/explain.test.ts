import { ArgumentError, float32, RandomState } from "@drum/tensor";
import { describe, expect, it } from "vitest";
import { coreset, explain } from "./index.ts";
import { madeUp, ratings } from "./testing/reference.ts";

// The oracle is Algorithm 1 as printed, which computes D of all rows at each pick.

function algorithm1(features: Float32Array, intensities: ArrayLike<number>, size: number, seed: number) {
	const count = intensities.length;
	const width = features.length / count;
	const row = (i: number) => Array.from(features.subarray(i * width, (i + 1) * width));
	const dot = (a: number[], b: number[]) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
	const cos = (a: number, b: number) => dot(row(a), row(b)) / Math.sqrt(dot(row(a), row(a)) * dot(row(b), row(b)));
	const probes = [...new RandomState(seed).choice(count, 10)];
	const all = Array.from(intensities);
	const D = all.map((p, i) => probes.reduce((sum, e) => sum + cos(e, i) * p, 0) / probes.length);
	return Array.from({ length: size }, () => {
		const score = Math.max(...D);
		const taken = D.indexOf(score);
		D[taken] = Number.NEGATIVE_INFINITY;
		for (const [i, p] of all.entries()) D[i] = Math.min(D[i]!, cos(taken, i) * p);
		return { taken, score };
	});
}

describe("a pick's reason", () => {
	const embeddings = madeUp("clustered", 80, 12, 3);
	const intensities = ratings(80, 5).map((rating) => rating + 0.5);

	it.each([42, 7])("is its D of Algorithm 1 when it was taken, with seed %i", async (seed) => {
		const options = { intensities, seed };
		const picked = await coreset(embeddings, { ...options, size: 20 });
		const expected = algorithm1(embeddings.data, intensities, 20, seed);
		expect(picked).toEqual(expected.map(({ taken }) => taken));
		const { picks } = await explain(embeddings, picked, options);
		expect(picks.map(({ index }) => index)).toEqual(picked);
		for (const [rank, { score, similarity, intensity }] of picks.entries()) {
			expect(score).toBeCloseTo(expected[rank]!.score, 12);
			expect(intensity).toBe(intensities[picked[rank]!]);
			expect(similarity * intensity).toBe(score);
		}
		expect(picks[0]!.nearestBefore).toBeUndefined();
		expect(picks.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
	});

	it("names the earlier pick that D comes from, unless the mean at the start is smaller", async () => {
		const embeddings = madeUp("random", 80, 12, 3);
		const picked = await coreset(embeddings, { size: 20 });
		const { picks } = await explain(embeddings, picked);
		const named = picks.filter(({ nearestBefore }) => nearestBefore !== undefined);
		expect(named.length).toBeGreaterThan(0);
		const unit = (row: number) => {
			const part = Array.from(embeddings.data.subarray(row * 12, (row + 1) * 12));
			return part.map((value) => value / Math.hypot(...part));
		};
		for (const { index, nearestBefore, similarity } of named) {
			expect(picked.indexOf(nearestBefore!)).toBeLessThan(picked.indexOf(index));
			const [a, b] = [unit(index), unit(nearestBefore!)];
			expect(a.reduce((sum, value, k) => sum + value * b[k]!, 0)).toBeCloseTo(similarity, 12);
		}
	});

	it("counts the rows that it represents, which are those nearest to it", async () => {
		const rows = float32(Float32Array.of(1, 0, 0, 5, 9, 1, 1, 3), [4, 2]);
		const { picks, nearest } = await explain(rows, [1, 0]);
		expect([...nearest]).toEqual([1, 0, 1, 0]);
		expect(picks.map(({ standsFor }) => standsFor)).toEqual([2, 2]);
	});

	it("counts the pick itself, even if another pick is equal", async () => {
		const { nearest } = await explain(float32(Float32Array.of(1, 0, 1, 0, 2, 0), [3, 2]), [0, 1]);
		expect([...nearest]).toEqual([0, 1, 0]);
	});
});

it("an empty coreset has no reasons", async () => {
	expect(await explain(float32(new Float32Array(), [0, 2]), [])).toEqual({ picks: [], nearest: new Int32Array() });
});

it.each([[[0, 3]], [[-1]], [[0.5]], [[1, 1]], ["0"]])(
	"indices that the rows do not have are refused: %j",
	async (picks) => {
		const rows = float32(Float32Array.of(1, 0, 0, 5, 9, 1), [3, 2]);
		await expect(explain(rows, picks as number[])).rejects.toThrow(ArgumentError);
	},
);

it("ends with its signal's reason", async () => {
	const rows = madeUp("random", 2000, 16, 1);
	const picks = Array.from({ length: 500 }, (_, i) => i);
	const cancelled = new AbortController();
	setImmediate(() => cancelled.abort("enough"));
	await expect(explain(rows, picks, { signal: cancelled.signal })).rejects.toBe("enough");
});
