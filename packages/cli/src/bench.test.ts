import { describe, expect, it } from "vitest";
import { benchText } from "./bench/bench-text.ts";
import { type Result, recommend } from "./bench/recommend.ts";
import { drum, drumProcess, SD1 } from "./testing/command.ts";

// Oracle: what the numbers of a measurement say of each other.

const SMALL = ["--steps", "3", "--height", "16", "--width", "16", "--threads", "1"];

describe("drum bench", () => {
	it("measures each dtype in a process of its own, and recommends one", async () => {
		const argv = ["bench", SD1, "--dtype", "auto,int8", "--images", "2", "--json", ...SMALL];
		const { code, stdout, stderr } = await drumProcess(argv);
		expect(code, stderr).toBe(0);
		const { checkpoint, processor, roof, results, recommended, load } = JSON.parse(stdout);
		expect(checkpoint).toBe(SD1);
		expect(processor).toMatchObject({ name: expect.stringMatching(/./), threads: expect.any(Number) });
		expect(roof.float32).toBeGreaterThan(0);
		expect(roof.int8).toBeGreaterThan(0);
		expect(load).toBeGreaterThanOrEqual(0);
		expect(results.map(({ dtype }: Result) => dtype)).toEqual(["auto", "int8"]);
		for (const each of results) {
			expect(each).toMatchObject({ steps: 3, images: 2, height: 16, width: 16, offload: false });
			const { conditionSeconds, stepSeconds, decodeSeconds, pictureSeconds, peakMemoryBytes } = each;
			expect(stepSeconds).toBeGreaterThan(0);
			expect(2 * pictureSeconds).toBeCloseTo(conditionSeconds + 3 * stepSeconds + decodeSeconds, 6);
			expect(each.picturesPerHour * pictureSeconds).toBeCloseTo(3600, 6);
			expect(each.picturesPerHourAndThread).toBe(each.picturesPerHour);
			expect(peakMemoryBytes).toBeGreaterThan(50e6);
		}
		expect(["auto", "int8"]).toContain(recommended.dtype);
	});

	it("stops measuring where the process that waits for it is gone", async () => {
		const { code, stdout } = await drum(["bench", SD1, "--dtype", "auto", "--here", ...SMALL], { stdin: "" });
		expect([code, stdout]).toEqual([130, ""]);
	});

	it.each([
		[["bench", SD1, "--dtype", "auto,int7"], "Allowed choices are auto, float32, int8, int4", 2],
		[["bench"], "missing required argument 'checkpoint'", 2],
		[["bench", "no/such-model", "--offline"], "is not in the cache", 1],
	])("%j ends with a reason", async (argv, said, code) => {
		expect(await drum(argv)).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(said) });
	});
});

describe("the report", () => {
	const measured = (dtype: string, pictureSeconds: number, offload = false): Result => ({
		...{ dtype, pictureSeconds, offload, loadSeconds: 1, conditionSeconds: 0.1, stepSeconds: 0.2, decodeSeconds: 0.3 },
		...{ picturesPerHour: 3600 / pictureSeconds, picturesPerHourAndThread: 900 / pictureSeconds, images: 1 },
		...{ peakMemoryBytes: 2e9, steps: 20, height: 512, width: 512 },
	});
	const failed: Result = { dtype: "float32", error: "it was killed" };

	it.each([
		[[measured("auto", 10), measured("int8", 5)], "int8", "the fastest"],
		[[measured("auto", 10), measured("int8", 9.5)], "auto", "within a tenth"],
		[[failed, measured("int4", 9, true)], "int4", "one is loaded at a time"],
	])("recommends the fastest, or what is as fast and nearer to the weights as stored", (results, dtype, said) => {
		const recommended = recommend(results);
		expect(recommended).toMatchObject({ dtype, text: expect.stringContaining(said) });
	});

	it("recommends nothing where nothing could be measured", () => {
		expect(recommend([failed])).toBeUndefined();
	});

	it("says that a machine was busy, and what failed", () => {
		const report = {
			...{ checkpoint: "a/b", load: 3, roof: { float32: 400.4, int8: 900 }, recommended: undefined },
			processor: { name: "X", threads: 4, instructions: ["avx2"] },
			results: [measured("auto", 10), failed],
		};
		const text = benchText(report);
		expect(text).toMatch(/busy \(load 3\.0\)/);
		expect(text).toMatch(/float32: it was killed/);
		expect(text).toMatch(/auto +1\.00 s +0\.100 s +0\.200 s +0\.300 s +10\.0 s +360 +2\.00 GB/);
		expect(benchText({ ...report, load: 1 })).not.toMatch(/busy/);
	});
});
