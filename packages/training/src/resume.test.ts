import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "@drum/test-made-up";
import { TYPESCRIPT } from "@drum/test-process";
import type { TrainingStep } from "@drum/training";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FILES, madeUpCaptions, type RunOptions, run } from "./testing/made-up-run.ts";

// Oracle: an uninterrupted run, with dropout, shuffled captions and warm-up.

const { folder: root, remove } = await temporaryFolder();
afterAll(remove);
const captions = await madeUpCaptions(root);
const whole = join(root, "whole");
let steps: readonly TrainingStep[];
beforeAll(async () => {
	({ steps } = await run({ captions, folder: whole, saveEvery: 2 }));
});

const newFolder = () => mkdtemp(join(root, "run-"));
const filesOf = (folder: string) => Promise.all(FILES.map((file) => readFile(join(folder, file), "hex")));
const allIn = async (folder: string) =>
	(await readdir(folder, { recursive: true, withFileTypes: true }))
		.filter((entry) => !entry.isDirectory())
		.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
		.sort();

/** Runs until after step `stop`, or to the end. */
async function runUntil(stop: number, options: RunOptions): Promise<void> {
	const cancelled = new AbortController();
	const onStep = ({ step }: TrainingStep) => step === stop && cancelled.abort("enough");
	const ending = run({ ...options, onStep, signal: cancelled.signal });
	if (stop < 6) await expect(ending).rejects.toBe("enough");
	else await ending;
}

describe("a run that stopped and continues", () => {
	test("ends with the same files as an uninterrupted one, for any number of stops at any step", async () => {
		const stops = fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 });
		await fc.assert(
			fc.asyncProperty(stops, fc.integer({ min: 1, max: 7 }), async (at, saveEvery) => {
				const folder = await newFolder();
				for (const [i, stop] of [...at.sort(), 6].entries()) {
					await runUntil(stop, { captions, folder, saveEvery, resume: i > 0 });
				}
				expect(await filesOf(folder)).toEqual(await filesOf(whole));
				expect(await allIn(folder)).toEqual([...FILES].sort());
			}),
			{ numRuns: 8 },
		);
	});

	test("returns all steps from the first, and a finished one does nothing more", async () => {
		const folder = await newFolder();
		await runUntil(3, { captions, folder });
		expect((await run({ captions, folder, resume: true })).steps).toEqual(steps);
		expect((await run({ captions, folder, resume: true })).steps).toEqual(steps);
		expect(await filesOf(folder)).toEqual(await filesOf(whole));
	});

	// Saves are after steps 2, 4 and 6, the adapter first. The first encoding is of the empty prompt, then there are two for each step.
	test.each([
		["in the first step", { encoding: 3 }, 0],
		["in the fourth step, between two passes", { encoding: 9 }, 2],
		["in the last step", { encoding: 12 }, 4],
		["as it saves its first adapter", { file: 1 }, 0],
		["as it saves its first state", { file: 2 }, 0],
		["as it saves a later adapter", { file: 3 }, 2],
		["as it saves a later state", { file: 4 }, 2],
		["as it saves its last adapter", { file: 5 }, 4],
		["as it saves its last state", { file: 6 }, 4],
	])("may have been killed %s", async (_, where, saved) => {
		const folder = await newFolder();
		const script = join(import.meta.dirname, "testing/killed-process.ts");
		const options = JSON.stringify({ captions, folder, saveEvery: 2, ...where });
		const killed = promisify(execFile)(process.execPath, [...TYPESCRIPT, script, options]);
		await expect(killed).rejects.toMatchObject({ signal: "SIGKILL" });

		const done: number[] = [];
		const onStep = ({ step }: TrainingStep) => done.push(step);
		await run({ captions, folder, saveEvery: 2, resume: saved > 0, onStep });
		expect(done[0]).toBe(saved + 1);
		expect(await filesOf(folder)).toEqual(await filesOf(whole));
		expect(await allIn(folder)).toEqual([...FILES].sort());
	});
});
