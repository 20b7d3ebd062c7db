import { float32 } from "@drum/tensor";
import { describe, expect, it } from "vitest";
import { principalMap } from "./map.ts";
import { unitRows } from "./unit-rows.ts";
import { viewOf } from "./view.ts";

/** Clustered rows `[count, width]`, always the same. */
function made(count: number, width: number) {
	let state = 1;
	const next = () => {
		state = (state * 48271) % 2147483647;
		return state / 2147483647;
	};
	const centres = Array.from({ length: 5 }, () => Array.from({ length: width }, () => next() - 0.5));
	const features = Float32Array.from({ length: count * width }, (_, at) => {
		const centre = centres[Math.floor(at / width) % 5]!;
		return centre[at % width]! + 0.7 * (next() - 0.5);
	});
	return features;
}

describe("the map shows a history's two principal components", () => {
	/** Rows on the unit sphere around (0, 0, 1): `a` along x, `b` along y. */
	const around = (places: [number, number][]) =>
		unitRows(Float32Array.from(places.flatMap(([a, b]) => [a, b, Math.sqrt(1 - a * a - b * b)])), places.length);

	it("the first along what differs most, the second across, at one scale", () => {
		const rows = around([
			[0.6, 0],
			[-0.6, 0],
			[0, 0.3],
			[0, -0.3],
		]);
		const { points, variance } = principalMap(rows);
		const [a, b, c, d] = [0, 1, 2, 3].map((i) => [...points.subarray(2 * i, 2 * i + 2)]) as [number, number][];
		expect(Math.abs(a![0]!)).toBeCloseTo(1, 6);
		expect(b![0]).toBeCloseTo(-a![0]!, 6);
		expect(c![0]).toBeCloseTo(0, 6);
		expect(Math.abs(c![1]!)).toBeCloseTo(0.5, 6);
		expect(d![1]).toBeCloseTo(-c![1]!, 6);
		// Squares 0.72 and 0.18 along them, and the third direction's: z is 0.8 twice and √0.91 twice.
		const third = (Math.sqrt(0.91) - 0.8) ** 2;
		expect(variance[0]).toBeCloseTo(0.72 / (0.9 + third), 6);
		expect(variance[1]).toBeCloseTo(0.18 / (0.9 + third), 6);
	});

	it("as the singular values of the centred rows say, with more rows than columns and with fewer", () => {
		for (const [count, width] of [
			[60, 8],
			[8, 60],
		] as const) {
			const rows = unitRows(made(count, width), count);
			const { points, variance } = principalMap(rows);
			const mean = Array.from({ length: width }, (_, k) =>
				Array.from({ length: count }, (_, i) => rows.data[i * width + k]!).reduce((sum, v) => sum + v / count, 0),
			);
			const centred = Array.from({ length: count }, (_, i) => mean.map((m, k) => rows.data[i * width + k]! - m));
			const total = centred.flat().reduce((sum, value) => sum + value * value, 0);
			const gram = centred.map((a) => centred.map((b) => a.reduce((sum, value, k) => sum + value * b[k]!, 0)));
			const axes = [0, 1].map((axis) => Array.from({ length: count }, (_, i) => points[2 * i + axis]!));
			for (const [axis, u] of axes.entries()) {
				// An eigenvector of the Gram matrix, of the eigenvalue that is its share of the variance.
				const image = gram.map((line) => line.reduce((sum, value, i) => sum + value * u[i]!, 0));
				for (const [i, value] of image.entries()) expect(value).toBeCloseTo(variance[axis]! * total * u[i]!, 8);
			}
			expect(axes[0]!.reduce((sum, value, i) => sum + value * axes[1]![i]!, 0)).toBeCloseTo(0, 8);
			expect(variance[0]).toBeGreaterThan(variance[1]!);
			expect(Math.max(...points.map(Math.abs))).toBe(1);
		}
	});

	it("always the same way round: what lies farthest is on the positive side", () => {
		const { points } = principalMap(unitRows(made(50, 6), 50));
		for (const axis of [0, 1]) {
			const along = Array.from({ length: 50 }, (_, i) => points[2 * i + axis]!);
			expect(Math.max(...along)).toBe(Math.max(...along.map(Math.abs)));
		}
	});

	it("one prompt, and prompts that are equal, lie in the middle", () => {
		expect(principalMap(unitRows(Float32Array.of(1, 2, 3), 1))).toEqual({
			points: new Float64Array(2),
			variance: [0, 0],
		});
		expect(principalMap(unitRows(Float32Array.of(1, 2, 1, 2, 2, 4), 3)).points).toEqual(new Float64Array(6));
	});

	it("two prompts lie on one line", () => {
		const { points, variance } = principalMap(unitRows(Float32Array.of(1, 0, 0, 1), 2));
		for (const [i, value] of points.entries()) expect(Math.abs(value)).toBeCloseTo(1 - (i % 2), 12);
		expect(variance[0]).toBeCloseTo(1, 12);
		expect(variance[1]).toBe(0);
	});
});

describe("views", () => {
	const entries = Array.from({ length: 40 }, (_, i) => ({ id: `${i}`, prompt: `prompt ${i}`, intensity: 1 + (i % 3) }));
	const profile = {
		...{ history: entries, features: float32(made(40, 8), [40, 8]), coreset: [3, 1], sampling: { seed: 0 } },
		...{ weights: new Float64Array(40).fill(1), negativeCoreset: [] },
	};

	it("are alike however many are asked for, one after another or at once", async () => {
		const { signal } = new AbortController();
		const first = await viewOf(profile, entries, signal);
		expect(first.picks.map(({ entryId, standsFor }) => [entryId, standsFor > 0])).toEqual([
			["3", true],
			["1", true],
		]);
		expect(await viewOf(profile, entries, signal)).toEqual(first);
		const others = await Promise.all([1, 2, 3].map(() => viewOf(profile, entries, signal)));
		expect(others).toEqual([first, first, first]);
	});

	it("show what is liked and what is disliked each by itself", async () => {
		const rows = entries.map((entry, i) => (i % 4 === 0 ? { ...entry, intensity: -entry.intensity } : entry));
		const both = { ...profile, history: rows, coreset: [3, 1], negativeCoreset: [8, 0] };
		const weights = Float64Array.from(rows, ({ intensity }) => Math.abs(intensity));
		const { picks, map } = await viewOf({ ...both, weights }, rows, new AbortController().signal);
		expect(picks.map(({ entryId, rank, intensity }) => [entryId, rank, intensity < 0])).toEqual([
			["3", 0, false],
			["1", 1, false],
			["8", 0, true],
			["0", 1, true],
		]);
		const sums = [picks.slice(0, 2), picks.slice(2)].map((side) => [
			side.reduce((sum, { weight }) => sum + weight, 0),
			side.reduce((sum, { standsFor }) => sum + standsFor, 0),
		]);
		expect(sums).toEqual([
			[expect.closeTo(1, 9), 30],
			[expect.closeTo(1, 9), 10],
		]);
		for (const { intensity, pick } of map) expect(["8", "0"].includes(pick)).toBe(intensity < 0);
	});

	it("end with their signal's reason, and the next is worked out all the same", async () => {
		const stop = new AbortController();
		const stopped = viewOf(profile, entries, stop.signal);
		stop.abort(new Error("no more"));
		await expect(stopped).rejects.toThrow("no more");
		await expect(viewOf(profile, entries, stop.signal)).rejects.toThrow("no more");
		expect((await viewOf(profile, entries, new AbortController().signal)).map).toHaveLength(40);
	});
});
