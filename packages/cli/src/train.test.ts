import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { drum, drumProcess, fixtureFolder, SD1 } from "./testing/command.ts";

// Oracle for a run that was interrupted: one that was not.

let root: string;
let captions: string;
let out: string;
let count = 0;
beforeAll(async () => {
	root = await mkdtemp(join(tmpdir(), "train-"));
	captions = join(root, "captions.csv");
	const rows = ["cat", "dog", "boat", "house", "tree"].flatMap((thing) => [`a red ${thing}`, `"a ${thing}, at night"`]);
	await writeFile(captions, `id,caption\n${rows.map((row, i) => `${i},${row}`).join("\n")}\n`);
});
beforeEach(() => {
	out = join(root, String(count++));
});
afterAll(() => rm(root, { recursive: true }));

const train = (...more: string[]) => ["train", "--model", SD1, "--captions", captions, ...more];
const QUICK = ["--steps", "6", "--batch-size", "4", "--layers", "2"];

describe("drum train", () => {
	it("writes an adapter that drum generate takes, a log, and a curve", async () => {
		const { code, stdout, stderr } = await drum(train(...QUICK, "--out", out, "--json"));
		expect(code, stderr).toBe(0);
		const document = JSON.parse(stdout);
		const file = join(out, "weight", "L.safetensors");
		const log = join(out, "training", "L", "log.jsonl");
		const curve = join(out, "training", "L", "loss.svg");
		expect(document).toMatchObject({ file, log, curve, steps: 6, seconds: { train: expect.any(Number) } });
		const lines = (await readFile(log, "utf8"))
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(lines.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
		expect(lines.at(-1)!.loss).toBe(document.loss);
		expect(await readFile(curve, "utf8")).toMatch(/^<svg[\s\S]*Training the adapter L[\s\S]*<\/svg>\s*$/);
		expect((await readdir(out)).sort()).toEqual(["training", "weight"]);

		const drawing = ["--prompt", "a lighthouse", "--reference", "a red cat", "--steps", "2", "--seed", "1"];
		const picture = await drum(["generate", "--model", SD1, "--adapters", out, ...drawing, "--out", out]);
		expect(picture, picture.stderr).toMatchObject({ code: 0, stdout: `${join(out, "1-1.png")}\n` });
	});

	it("interrupted as a process it saves, says so, and goes on to the very file of a run that was not", async () => {
		const options = ["--steps", "60", "--batch-size", "4", "--layers", "2"];
		const whole = join(root, "whole");
		expect((await drum(train(...options, "--out", whole))).code).toBe(0);
		const argv = train(...options, "--out", out);
		const { code, stderr } = await drumProcess(argv, interrupt(join(out, "training", "L", "log.jsonl")));
		expect([code, stderr]).toEqual([
			130,
			expect.stringMatching(/saved after step \d+: --resume continues from there\ninterrupted\n$/),
		]);
		expect((await drum(train("--out", out, "--resume"))).code).toBe(0);
		for (const file of ["weight/L.safetensors", "training/L/log.jsonl", "training/L/state.safetensors"]) {
			expect(await readFile(join(out, file)), file).toEqual(await readFile(join(whole, file)));
		}
	});

	it("refuses to begin where a run is, and to go on with other settings", async () => {
		await drum(train(...QUICK, "--out", out));
		const again = await drum(train(...QUICK, "--out", out));
		expect(again).toMatchObject({
			code: 2,
			stderr: expect.stringContaining("found one at step 6 of 6. Use --resume to continue it"),
		});
		const other = await drum(train("--out", out, "--resume", "--seed", "7"));
		expect(other).toMatchObject({
			code: 2,
			stderr: expect.stringContaining("seed: expected 42, as the run began, found 7"),
		});
	});

	it("asks which encoder of several it shall be, before anything is read", async () => {
		const argv = ["train", "--model", fixtureFolder("sdxl"), "--captions", "nowhere.txt", "--out", out];
		const none = await drum(argv);
		expect(none).toMatchObject({
			code: 2,
			stderr: "error: --encoder: expected one of the model's: L, bigG, found none\n",
		});
		expect((await drum([...argv, "--encoder", "T5"])).stderr).toContain("found T5");
		expect(existsSync(out)).toBe(false);
	});

	it("names the file and what is wrong with it", async () => {
		const missing = await drum(["train", "--model", SD1, "--captions", join(root, "none.csv"), ...QUICK, "--out", out]);
		expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("none.csv") });
		expect(existsSync(out)).toBe(false);
		const column = await drum(train(...QUICK, "--column", "words", "--out", out));
		expect(column).toMatchObject({
			code: 1,
			stderr: `error: ${captions}, line 1: expected a column "words", found ["id", "caption"]\n`,
		});
	});
});

/** Interrupts a run when it has logged some steps. */
const interrupt =
	(log: string) => (child: { kill(signal: "SIGINT"): boolean; once(event: "close", done: () => void): unknown }) => {
		const timer = setInterval(async () => {
			const lines = await readFile(log, "utf8").catch(() => "");
			if (lines.split("\n").length < 3) return;
			clearInterval(timer);
			child.kill("SIGINT");
		}, 5);
		child.once("close", () => clearInterval(timer));
	};
