import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { miniature } from "./miniature.ts";
import { claims } from "./report.ts";

let out: string;
beforeAll(async () => {
	out = await mkdtemp(join(tmpdir(), "miniature-"));
});
afterAll(() => rm(out, { recursive: true }));

const QUICK = { quick: true, users: 2 } as const;

describe("the paper's claims in miniature", () => {
	test("stopped and called again it goes on, and reports what a run without a stop reports", async () => {
		const whole = await miniature({ ...QUICK, out: join(out, "whole") });

		const controller = new AbortController();
		const folder = join(out, "stopped");
		let measured = 0;
		const onProgress = (done: number) => {
			measured++;
			if (done === 5) controller.abort(new Error("enough"));
		};
		await expect(miniature({ ...QUICK, out: folder, signal: controller.signal, onProgress })).rejects.toThrow("enough");
		const total = await new Promise<number>((resolve, reject) => {
			let last = 0;
			const counting = (_: number, of: number) => {
				measured++;
				last = of;
			};
			miniature({ ...QUICK, out: folder, onProgress: counting }).then(() => resolve(last), reject);
		});
		expect(measured).toBe(total);

		const { seconds: _, ...again } = JSON.parse(await readFile(join(folder, "results.json"), "utf8"));
		const { seconds, ...expected } = JSON.parse(JSON.stringify(whole));
		expect(again).toEqual(expected);
		expect(seconds).toBeGreaterThan(0);
		const report = await readFile(join(folder, "report.md"), "utf8");
		for (const part of ["Table 2", "Table 3", "Figure 3", "w/o S & G", "figure-3.svg", "alpha.svg"])
			expect(report).toContain(part);
		for (const plot of ["figure-3.svg", "alpha.svg"])
			expect(await readFile(join(folder, plot), "utf8")).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
		// Said of conditions, and of every user alike: not by the luck of two.
		const said = new Map(claims(whole));
		expect(said.get("the same of conditions (Text align, Imp above 0)")).toBe(true);
		expect(said.get("a higher alpha takes from the target and gives to the history")).toBe(true);
	});
});
