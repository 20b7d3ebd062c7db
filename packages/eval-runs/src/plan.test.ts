import { describe, expect, test } from "vitest";
import { checkSettings, planOf } from "./index.ts";
import { madeUpSettings } from "./testing/made-up-run.ts";

const planned = (of: Parameters<typeof madeUpSettings>[0]) =>
	planOf(madeUpSettings(of)).map(({ method: { name }, drawn }) => `${name}${drawn ? ", drawn" : ""}`);

describe("what a run measures", () => {
	test("is for Table 2a the original and the methods asked for, with pictures", () => {
		expect(planned({ tables: ["2a"], methods: ["plain", "drum", "fabric", "tv", "pmg"] })).toEqual([
			...["plain, drawn", "coreset 10 %, alpha 0.3, drawn", "fabric, drawn", "tv, drawn", "pmg, drawn"],
		]);
	});

	test("is for Table 2b the same without pictures, and without FABRIC, which has no condition of its own", () => {
		expect(planned({ tables: ["2b"], methods: ["drum", "fabric"] })).toEqual(["plain", "coreset 10 %, alpha 0.3"]);
	});

	test("is for Table 3 DrUM without each of its parts", () => {
		expect(planned({ tables: ["3"], alpha: 0.1, ratio: 0.2 })).toEqual([
			...["plain, drawn", "coreset 20 %, alpha 0.1, drawn", "whole, alpha 0.1, drawn"],
			...["coreset 20 %, without guidance, drawn", "whole, without guidance, drawn"],
		]);
	});

	test("takes for Figure 3 the whole history once, whichever the sampler", () => {
		expect(planned({ figures: ["3"], ratios: [0.5, 1] })).toEqual([
			...["coreset 50 %, alpha 0.3", "whole, alpha 0.3", "random 50 %, alpha 0.3", "uniform 50 %, alpha 0.3"],
		]);
	});

	test("holds what several tables share once, drawn if one of them needs it drawn", () => {
		const all = planned({ tables: ["2a", "2b", "3"], figures: ["3", "7"], ratios: [0.1, 1], alphas: [0, 0.3, 1] });
		expect(new Set(all).size).toBe(all.length);
		expect(all.filter((name) => name.startsWith("coreset 10 %, alpha 0.3"))).toEqual([
			"coreset 10 %, alpha 0.3, drawn",
		]);
		expect(all).toHaveLength(5 + 2 + 2);
	});
});

test("settings are checked by name", () => {
	expect(() => checkSettings({ ...madeUpSettings(), alpha: 2 })).toThrow("alpha");
	expect(() => checkSettings({ ...madeUpSettings(), more: 1 })).toThrow("more");
	expect(checkSettings(madeUpSettings())).toEqual(madeUpSettings());
});
