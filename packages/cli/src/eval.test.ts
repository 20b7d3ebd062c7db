import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "@drum/database";
import { fillEmpty } from "@drum/test-database";
import { adapters, clip, model } from "@drum/tiny";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drum, SD1, SD2 } from "./testing/command.ts";

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "eval-"));
	await writeFile(join(folder, "h.jsonl"), "");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a run in a folder", () => {
	it("takes several models, one after another, and refuses other settings", async () => {
		const out = join(folder, "other");
		// Only the other run makes its own.
		await fillEmpty(join(out, "database"), (folder) => openDatabase({ folder }, { migrations: {} }));
		const weights = join(folder, "adapters");
		await cp(adapters, weights, { recursive: true });
		const argv = [
			"eval",
			"run",
			"--data",
			"tiny:1",
			"--steps",
			"1",
			"--tables",
			"2b",
			"--adapters",
			weights,
			"--out",
			out,
		];
		argv.push("--model", model, "--model", model);
		const begun = await drum([...argv, "--methods", "drum"]);
		expect(begun.stderr.match(/2 units to measure, 0 pictures/g)).toHaveLength(2);
		expect([begun.code, begun.stdout]).toEqual([0, `${out}: 4 units measured, 4 in all\n`]);
		const other = await drum([...argv, "--methods", "drum", "--alpha", "0.5"]);
		expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("alpha 0.3, found alpha 0.5")]);
	});
});

describe("before anything is loaded, it refuses", () => {
	const BEGIN = ["eval", "run", "--out", "@/none"];
	it.each([
		[[...BEGIN], "required option '--data <source>' not specified"],
		[[...BEGIN, "--data", "imagenet:x"], "movielens:<folder>, pip:<folder>"],
		[[...BEGIN, "--data", "pip:"], "movielens:<folder>, pip:<folder>"],
		[[...BEGIN, "--data", "tiny:none"], "an integer from 1"],
		[[...BEGIN, "--data", "histories:@/h.jsonl"], "--model: expected a hub id or a folder"],
		[[...BEGIN, "--data", "histories:@/h.jsonl", "--tmdb", "@/t"], "--data movielens"],
		[[...BEGIN, "--data", "tiny", "--tables", "4"], "Expected some of 2a,2b,3, or none"],
		[[...BEGIN, "--data", "tiny", "--tables", "none"], "--tables and --figures: expected at least one"],
		[[...BEGIN, "--data", "tiny", "--methods", "drum,pigeon"], "Expected some of plain,drum,fabric,viper,tv,pmg"],
		[[...BEGIN, "--data", "tiny", "--methods", "tv"], "gpt-4o, or its recorded calls, found neither"],
		[[...BEGIN, "--data", "tiny", "--width", "36"], "Expected a multiple of 8"],
		[[...BEGIN, "--data", "tiny", "--alpha", "2"], "Expected a number from 0 to 1"],
		[
			[...BEGIN, "--data", "histories:@/h.jsonl", "--methods", "fabric", "--model", SD1.replace(/sd1$/, "sdxl")],
			"FABRIC is made for the networks of Stable Diffusion 1 and 2",
		],
		[
			[...BEGIN, "--data", "histories:@/h.jsonl", "--model", SD2, "--clip", clip],
			"expected one whose text encoder is the model's (of width 48)",
		],
		[["eval", "worker"], "--database: expected a Postgres server's URL"],
	])("%j", async (argv, said) => {
		const { code, stdout, stderr } = await drum(argv.map((word) => word.replace("@", folder)));
		expect(stderr).toContain(said);
		expect([code, stdout]).toEqual([2, ""]);
	});

	it.each([
		[["eval", "report", "@/h"], "expected a run, as drum eval run makes it"],
		[[...BEGIN, "--data", "movielens:@/h.jsonl"], "expected a folder"],
	])("as a failure: %j", async (argv, said) => {
		const { code, stderr } = await drum(argv.map((word) => word.replace("@", folder)));
		expect([code, stderr]).toEqual([1, expect.stringContaining(said)]);
	});
});
