import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { coreset, explain, kCenter, randomSample, uniformSample } from "@drum/coreset";
import { Profile, StableDiffusion } from "@drum/pipelines-sd";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drum, SD1 } from "./testing/command.ts";

// Oracles: the packages called by hand on the same history.

const history = Array.from({ length: 12 }, (_, i) => ({
	prompt: `a ${["red", "blue", "old"][i % 3]} boat number ${i}`,
	intensity: 1 + (i % 5),
}));
const csv = (rows: typeof history) =>
	`prompt,rating\n${rows.map(({ prompt, intensity }) => `${prompt},${intensity}`).join("\n")}\n`;

let folder: string;
let file: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "profile-"));
	file = join(folder, "history.csv");
	await writeFile(file, csv(history));
});
afterAll(() => rm(folder, { recursive: true }));

describe("drum profile", () => {
	it("saves the profile and prints what was kept", async () => {
		const out = join(folder, "new/user.safetensors");
		const { code, stdout } = await drum(["profile", "--model", SD1, "--history", file, "--size", "3", "--out", out]);
		expect(code).toBe(0);
		const profile = await Profile.load(out);
		expect(profile.history).toEqual(history);
		expect(stdout.split("\n")[0]).toBe(`${out}: kept 3 of 12 prompts`);
		for (const { prompt } of profile.references) expect(stdout).toContain(`  ${prompt}\n`);
	});

	it("extended over the old one is that of the whole history", async () => {
		const [part, whole] = [join(folder, "part.safetensors"), join(folder, "whole.safetensors")];
		const make = (out: string, rows: typeof history, ...more: string[]) =>
			drum(["profile", "--model", SD1, "--history", "-", "--format", "csv", "--out", out, "--json", ...more], {
				stdin: csv(rows),
			});
		await make(whole, history, "--ratio", "0.25");
		await make(part, history.slice(0, 7), "--ratio", "0.25");
		const { stdout, stderr } = await make(part, history.slice(7), "--extend", part);
		expect(stderr).toContain(`replaced ${part}`);
		expect(JSON.parse(stdout)).toMatchObject({ file: part, history: 12, sampling: { ratio: 0.25, seed: 42 } });
		const [a, b] = [await Profile.load(part), await Profile.load(whole)];
		expect([a.coreset, a.history]).toEqual([b.coreset, b.history]);
	});

	it.each([[[]], [history.slice(0, 1)]])("of a short history keeps all of it", async (rows) => {
		const out = join(folder, `short-${rows.length}.safetensors`);
		const { code, stdout } = await drum(
			["profile", "--model", SD1, "--history", "-", "--format", "csv", "--out", out],
			{
				stdin: csv(rows),
			},
		);
		expect([code, stdout.split("\n")[0]]).toEqual([0, `${out}: kept ${rows.length} of ${rows.length} prompts`]);
		expect((await Profile.load(out)).references).toEqual(rows);
	});

	it("leaves a file of another kind alone", async () => {
		const out = join(folder, "notes.txt");
		await writeFile(out, "mine");
		expect((await drum(["profile", "--model", SD1, "--history", file, "--out", out])).code).toBe(1);
		expect(await readFile(out, "utf8")).toBe("mine");
		expect((await drum(["profile", "--model", SD1, "--history", file, "--out", out, "--force"])).code).toBe(0);
		expect((await Profile.load(out)).history).toEqual(history);
	});
});

describe("drum coreset", () => {
	const picksOf = async (...argv: string[]) => {
		const { stdout } = await drum(["coreset", "--history", file, "--size", "4", "--json", ...argv]);
		return (JSON.parse(stdout).picks as { index: number }[]).map(({ index }) => index);
	};

	it("needs the text encoder alone of a checkpoint, as a profile does", async () => {
		const model = join(folder, "encoder-alone");
		await cp(SD1, model, { recursive: true });
		for (const part of ["unet", "vae"]) await rm(join(model, part, "diffusion_pytorch_model.safetensors"));
		const out = join(folder, "encoder-alone.safetensors");
		const argv = ["--history", file, "--size", "3"];
		const codes = [
			(await drum(["coreset", "--model", model, ...argv])).code,
			(await drum(["profile", "--model", model, ...argv, "--out", out])).code,
		];
		expect(codes).toEqual([0, 0]);
	});

	it("prints what each method chooses", async () => {
		await using sd = await StableDiffusion.fromPretrained(SD1);
		const { features } = await sd.encoders.L!.encode(history.map(({ prompt }) => prompt));
		const intensities = history.map(({ intensity }) => intensity);
		expect(await picksOf("--model", SD1)).toEqual(await coreset(features!, { size: 4, intensities }));
		expect(await picksOf("--model", SD1, "--method", "k-center", "--seed", "7")).toEqual(
			await kCenter(features!, { size: 4, seed: 7 }),
		);
		expect(await picksOf("--method", "random", "--seed", "7")).toEqual(randomSample(12, { size: 4, seed: 7 }));
		expect(await picksOf("--method", "uniform")).toEqual(uniformSample(12, { size: 4 }));
	});

	it("says why Algorithm 1 took each, as explain has it", async () => {
		await using sd = await StableDiffusion.fromPretrained(SD1);
		const { features } = await sd.encoders.L!.encode(history.map(({ prompt }) => prompt));
		const intensities = history.map(({ intensity }) => intensity);
		const rows = await coreset(features!, { size: 2, intensities });
		const { picks } = await explain(features!, rows, { intensities });
		const argv = ["coreset", "--history", file, "--size", "2", "--model", SD1];
		const { stdout } = await drum([...argv, "--json"]);
		const reasons = picks.map(({ index: _, intensity: __, nearestBefore = null, ...rest }) => ({
			...rest,
			nearestBefore,
		}));
		expect(JSON.parse(stdout).picks.map(({ reason }: { reason: unknown }) => reason)).toEqual(reasons);
		const [header, first] = (await drum(argv)).stdout.split("\n");
		expect(header).toMatch(/^index +intensity +similarity +score +stands for +prompt$/);
		const { similarity, score, standsFor } = picks[0]!;
		const { intensity, prompt } = history[rows[0]!]!;
		const cells = [rows[0], intensity, similarity.toFixed(3), score.toFixed(3), standsFor, prompt];
		expect(first!.split(/ {2,}/)).toEqual(cells.map(String));
		expect((await drum(["coreset", "--history", file, "--method", "uniform", "--json"])).stdout).not.toContain(
			"reason",
		);
	});

	it("prints prompts on one line each, without control characters", async () => {
		const stdin = '{"prompt":"two\\nlines"}\n{"prompt":"\\u001b[31mred"}\n';
		const { stdout } = await drum(
			["coreset", "--method", "uniform", "--ratio", "1", "--history", "-", "--format", "jsonl"],
			{ stdin },
		);
		expect(stdout).toBe("index  intensity  prompt\n0      1          two\\nlines\n1      1          \\u001b[31mred\n");
	});

	it("of nothing is nothing, and needs no model", async () => {
		const { code, stdout } = await drum(["coreset", "--model", "nowhere", "--history", "-", "--format", "jsonl"]);
		expect([code, stdout]).toEqual([0, ""]);
	});
});
