import { ArgumentError, float32 } from "@drum/tensor";
import { describe, expect, it } from "vitest";
import { coreset, kCenter, randomSample, uniformSample } from "./index.ts";
import { madeUp } from "./testing/reference.ts";

const large = madeUp("random", 4000, 256, 0);

describe.each([
	["coreset", coreset],
	["kCenter", kCenter],
])("%s", (_, sample) => {
	it("returns all indices in order if all are requested, and none for an empty history", async () => {
		const embeddings = madeUp("random", 5, 8, 0);
		expect(await sample(embeddings, { size: 9 })).toEqual([0, 1, 2, 3, 4]);
		expect(await sample(embeddings, { ratio: 1 })).toEqual([0, 1, 2, 3, 4]);
		expect(await sample(float32(new Float32Array(0), [0, 8]))).toEqual([]);
	});

	it("lets timers run in the meantime, and reports progress until the end", async () => {
		let ticks = 0;
		const timer = setInterval(() => ticks++, 0);
		const reports: [number, number][] = [];
		await sample(large, { size: 1200, onProgress: (done, total) => reports.push([done, total]) });
		clearInterval(timer);
		expect(ticks).toBeGreaterThan(1);
		expect(reports.length).toBeGreaterThan(1);
		expect(reports.at(-1)).toEqual([1200, 1200]);
		expect(reports.map(([done]) => done)).toEqual(reports.map(([done]) => done).sort((a, b) => a - b));
	});

	it("throws the signal's reason, before it starts and midway", async () => {
		const reason = new Error("enough");
		await expect(sample(large, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
		const control = new AbortController();
		const call = sample(large, { size: 3000, signal: control.signal, onProgress: () => control.abort(reason) });
		await expect(call).rejects.toBe(reason);
	});

	it.each([
		["three dimensions", float32(new Float32Array(8), [2, 2, 2]), "float32 [2, 2, 2]"],
		["too few elements", float32(new Float32Array(7), [2, 4]), "7 elements"],
		["no width", float32(new Float32Array(0), [2, 0]), "float32 [2, 0]"],
		["not a number", float32(Float32Array.of(1, 2, Number.NaN, 4), [2, 2]), "embeddings, row 1, column 0"],
		["an infinite number", float32(Float32Array.of(1, -Infinity, 3, 4), [2, 2]), "embeddings, row 0, column 1"],
		["a row of zeros", float32(Float32Array.of(1, 2, 0, -0), [2, 2]), "embeddings, row 1"],
	])("refuses embeddings with %s", async (_, embeddings, text) => {
		const call = sample(embeddings);
		await expect(call).rejects.toThrow(ArgumentError);
		await expect(call).rejects.toThrow(text);
	});

	it("refuses embeddings of another type", async () => {
		const embeddings = { type: "float64", dims: [1, 2], data: Float64Array.of(1, 2) };
		await expect(sample(embeddings as never)).rejects.toThrow("expected a float32 tensor [N, width]");
	});

	it("refuses a share or seed outside its range", async () => {
		const embeddings = madeUp("random", 5, 8, 0);
		await expect(sample(embeddings, { size: 0 })).rejects.toThrow("size: expected an integer of at least 1, found 0");
		await expect(sample(embeddings, { size: 0.2 })).rejects.toThrow("use the option ratio");
		await expect(sample(embeddings, { ratio: 1.5 })).rejects.toThrow("ratio: expected a number in (0, 1], found 1.5");
		await expect(sample(embeddings, { ratio: Number.NaN })).rejects.toThrow("ratio");
		await expect(sample(embeddings, { size: 1, ratio: 0.5 } as never)).rejects.toThrow("size and ratio");
		await expect(sample(embeddings, { seed: -1 })).rejects.toThrow("seed");
	});
});

describe("coreset", () => {
	const embeddings = madeUp("random", 3, 8, 0);

	it.each([
		[[1, -2, 3], "intensities[1]: expected a finite number of at least 0, found -2"],
		[[1, 2, Number.NaN], "intensities[2]"],
		[[Number.POSITIVE_INFINITY, 2, 3], "intensities[0]"],
		[[0, 0, 0], "intensities: expected at least one above 0, found all 0"],
		[[1, 2], "intensities: expected 3, one for each embedding, found 2"],
	])("refuses intensities %j", async (intensities, text) => {
		const call = coreset(embeddings, { intensities });
		await expect(call).rejects.toThrow(ArgumentError);
		await expect(call).rejects.toThrow(text);
	});

	it.each([0, -3, 1.5, Number.NaN])("refuses approximate %d", async (approximate) => {
		await expect(coreset(embeddings, { approximate })).rejects.toThrow(
			"approximate: expected an integer of at least 1",
		);
	});
});

describe("shares are rounded as by Python's round, and are at least 1", () => {
	it.each([
		[1, 0.1, 1],
		[5, 0.1, 1],
		[15, 0.1, 2],
		[25, 0.1, 2],
		[35, 0.1, 4],
		[45, 0.1, 4],
		[4700, 0.1, 470],
		[5, 0.5, 2],
		[7, 0.5, 4],
		[10, 0.25, 2],
	])("round(%d × %d) = %d", (count, ratio, size) => {
		expect(uniformSample(count, { ratio })).toHaveLength(size);
		expect(randomSample(count, { ratio })).toHaveLength(size);
	});
});

describe("randomSample", () => {
	it("draws what NumPy's RandomState(seed).choice(N, n, replace=False) draws", () => {
		expect(randomSample(50)).toEqual([13, 39, 30, 45, 17]);
		expect(randomSample(25, { size: 2, seed: 7 })).toEqual([1, 5]);
		const twenty = [95, 15, 30, 158, 128, 115, 69, 170, 174, 45, 66, 182, 165, 78, 186, 177, 56, 152, 82, 68];
		expect(randomSample(200)).toEqual(twenty);
	});

	it("returns all indices in order if all are requested", () => {
		expect(randomSample(4, { size: 4 })).toEqual([0, 1, 2, 3]);
		expect(randomSample(0)).toEqual([]);
	});

	it("refuses a wrong count", () => {
		expect(() => randomSample(-1)).toThrow("count: expected an integer of at least 0, found -1");
	});
});

describe("uniformSample", () => {
	it("takes the middles of equal stretches", () => {
		expect(uniformSample(100)).toEqual([5, 15, 25, 35, 45, 55, 65, 75, 85, 95]);
		expect(uniformSample(7, { size: 3 })).toEqual([1, 3, 5]);
		expect(uniformSample(9, { size: 1 })).toEqual([4]);
		expect(uniformSample(3, { size: 3 })).toEqual([0, 1, 2]);
		expect(uniformSample(0)).toEqual([]);
	});
});
