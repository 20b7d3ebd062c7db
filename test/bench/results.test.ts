import fc from "fast-check";
import { expect, test } from "vitest";
import { openVino, ours, type Part } from "../../tooling/bench/run/part.ts";
import { busyTicks, othersShare, processTicks } from "../../tooling/bench/run/quiet.ts";
import type { Result } from "../../tooling/bench/run/results.ts";
import { distance, median } from "../../tooling/bench/run/statistics.ts";
import { document } from "../../tooling/bench/table/document.ts";

const part: Part = {
	name: "unet",
	title: "A step",
	about: "The UNet.",
	measured: [{ name: "unet", title: "UNet step" }],
	groups: [[ours("step", "int8", "unet"), openVino("openvino_step", "bfloat16", "unet")]],
	repeats: 3,
	goals: [
		{ measured: "unet", side: "drum, int8", against: "OpenVINO, bfloat16", most: 0.7 },
		{ measured: "unet", side: "drum, int8", most: 1.5 },
		{ measured: "unet", side: "drum, int8", against: "OpenVINO, int8", most: 1.1 },
	],
	needs: [],
};

const result: Result = {
	processor: { name: "A processor", family: 6, model: 167, threads: 2, instructions: ["amx_int8"] },
	roof: { float32: 200, bfloat16: 1000, int8: 2000 },
	at: "2026-11-30T09:40:00.000Z",
	commit: "abcdef0",
	threads: 2,
	versions: { openvino: "1.2.3" },
	load: [0.1, 1.9],
	others: 0.004,
	took: 60,
	values: {
		"drum, int8": { unet: { seconds: [1.2, 1, 1.6] } },
		"OpenVINO, bfloat16": { unet: { seconds: [1, 3, 2] } },
	},
	failed: {},
	distances: { "drum, int8": { unet: 0.01234 } },
};

function lines(changed: Partial<Result> = {}): string[] {
	return document([{ part, result: { ...result, ...changed } }], { unet: 1600 }, "").split("\n");
}

test("a part that was not measured again keeps its table, its goals and the versions; one that was gets new ones", () => {
	const other: Part = { ...part, name: "vae", title: "A decode", goals: [part.goals[0]!] };
	const both = (changed: Partial<Result>, kept: Result | undefined, before: string) =>
		document(
			[
				{ part, result: { ...result, ...changed } },
				{ part: other, result: kept },
			],
			{ unet: 1600 },
			before,
		);
	const before = both({}, result, "");
	expect(both({}, undefined, before)).toBe(before);
	const nothing = [part, other].map((each) => ({ part: each, result: undefined }));
	expect(document(nothing, {}, before)).toBe(before);
	expect(both({ commit: "1234567" }, undefined, before)).toBe(before.replace("abcdef0", "1234567"));
});

test("a table has the median, the spread, the share of the dtype's roof and our time in theirs", () => {
	expect(lines()).toContain("| drum, int8 | 1.20 | 1.00 to 1.60 | 3 | 67 % |  | 1.2e-2 |");
	expect(lines()).toContain("| OpenVINO, bfloat16 | 2.00 | 1.00 to 3.00 | 3 | 80 % | 0.600 × |  |");
});

test("goals are judged by medians, of another's time or in seconds; what was not measured says so", () => {
	expect(lines()).toContain("| A step: UNet step | drum, int8 | OpenVINO, bfloat16 | ≤ 0.7 | 0.600 | yes |");
	expect(lines()).toContain("| A step: UNet step | drum, int8 |  | ≤ 1.5 s | 1.20 s | yes |");
	expect(lines()).toContain("| A step: UNet step | drum, int8 | OpenVINO, int8 | ≤ 1.1 |  | not measured |");
	const slower = { ...result.values, "drum, int8": { unet: { seconds: [1.41] } } };
	expect(lines({ values: slower })).toContain(
		"| A step: UNet step | drum, int8 | OpenVINO, bfloat16 | ≤ 0.7 | 0.705 | no |",
	);
});

test("a table names its processor, roof, load and moment, and a busy machine", () => {
	const [line] = lines().filter((each) => each.includes("A processor"));
	for (const each of [
		"family 6, model 167",
		"amx_int8",
		"float32 200",
		"0.10 before, 1.90 after",
		"2026-11-30 09:40",
		"abcdef0",
	])
		expect(line).toContain(each);
	expect(line).not.toContain("busy");
	expect(lines({ others: 0.2 }).join()).toContain("other processes had 20 % of the processors. **The machine was busy");
});

test("what could not be measured is named with its cause", () => {
	expect(lines({ failed: { "OpenVINO, int8": "ended with 1\nat x" } })).toContain(
		"OpenVINO, int8 could not be measured: ended with 1",
	);
});

test("medians do not depend on the order, and lie within", () => {
	expect(median([3, 1, 2])).toBe(2);
	expect(median([4, 1, 3, 2])).toBe(2.5);
	fc.assert(
		fc.property(fc.array(fc.double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 1 }), (numbers) => {
			const middle = median(numbers);
			expect(middle).toBe(median(numbers.toReversed()));
			expect(middle).toBeGreaterThanOrEqual(Math.min(...numbers));
			expect(middle).toBeLessThanOrEqual(Math.max(...numbers));
		}),
	);
});

test("a distance is relative to the reference's size", () => {
	expect(distance(Float32Array.of(3, 5), Float32Array.of(3, 4))).toBeCloseTo(0.2);
	expect(() => distance(Float32Array.of(1), Float32Array.of(1, 2))).toThrow("1 and 2 numbers");
});

test("what other processes took is all of the processors' time but the measured process's", () => {
	expect(busyTicks("cpu  100 5 20 900 30 3 2 10 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n")).toBe(140);
	expect(processTicks("42 (a (b) c) S 1 1 1 0 -1 4194560 900 0 3 0 77 23 0 0 20 0 9 0 100")).toBe(100);
	const before = { busy: 1000, own: 500, at: 0 };
	// One second of two processors: 200 ticks, of which the process had 150 and others 20.
	expect(othersShare([[before, { busy: 1170, own: 650, at: 1000 }]], 2)).toBeCloseTo(0.1);
	expect(othersShare([], 2)).toBe(0);
});
