import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PLAIN } from "@drum/eval-runs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { degrees } from "./methods.ts";
import { miniature } from "./miniature.ts";

let out: string;
beforeAll(async () => {
	out = await mkdtemp(join(tmpdir(), "miniature-"));
});
afterAll(() => rm(out, { recursive: true }));

const QUICK = { quick: true, users: 1 } as const;

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

		expect(await readFile(join(folder, "results.json"), "utf8").then(withoutTimes)).toEqual(
			withoutTimes(JSON.stringify(whole)),
		);
		const report = await readFile(join(folder, "report.md"), "utf8");
		for (const part of ["Table 2", "Table 3", "Figure 3", "w/o S & G", "figure-3.svg", "alpha.svg"])
			expect(report).toContain(part);
		for (const plot of ["figure-3.svg", "alpha.svg"])
			expect(await readFile(join(folder, plot), "utf8")).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
		// Of conditions, and so of any user: not by the luck of this one.
		const history = ({ name }: { name: string }) => whole.methods[name]!.textAlign.personalized.history.value;
		const [least, middle, most] = degrees(whole.settings.alphas).map(history);
		expect(least).toBeLessThan(middle!);
		expect(middle).toBeLessThan(most!);
		expect(history(PLAIN)).toBeLessThan(middle!);
	});
});

function withoutTimes(json: string): unknown {
	return JSON.parse(json, (key, value) => (key === "seconds" ? undefined : value));
}
