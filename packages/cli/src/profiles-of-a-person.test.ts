import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPngParameters } from "@drum/diffusion";
import { Profile } from "@drum/pipelines-sd";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ADAPTERS, drum, SD1 } from "./testing/command.ts";

// Oracle: the library called by hand on the same files.

let folder: string;
const at = (name: string) => join(folder, name);
const history = [
	{ prompt: "a red cat", intensity: 3, at: "2026-01-01T00:00:00.000Z" },
	{ prompt: "a blue dog", intensity: 1, at: "2026-01-11T00:00:00.000Z" },
	{ prompt: "a foggy street", intensity: -2, at: "2026-01-05T00:00:00.000Z" },
];
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "person-"));
	await writeFile(at("h.jsonl"), history.map((row) => JSON.stringify(row)).join("\n"));
	await writeFile(at("other.csv"), "prompt,weight\nneon,1\na red cat,1\n");
	for (const [name, out] of [
		["h.jsonl", "ann.safetensors"],
		["other.csv", "bob.safetensors"],
	] as const)
		await drum(["profile", "--model", SD1, "--history", at(name), "--out", at(out)]);
});
afterAll(() => rm(folder, { recursive: true }));

describe("dislikes", () => {
	it("are kept by themselves, and told", async () => {
		const { stdout } = await drum([
			"profile",
			"--model",
			SD1,
			"--history",
			at("h.jsonl"),
			"--out",
			at("x.safetensors"),
		]);
		expect(stdout).toBe(
			`${at("x.safetensors")}: kept 3 of 3 prompts, 1 of them disliked\nindex  intensity  prompt\n0      3          a red cat\n1      1          a blue dog\n2      -2         a foggy street\n`,
		);
		const told = await drum(["inspect", at("x.safetensors"), "--json"]);
		expect(JSON.parse(told.stdout).kept).toHaveLength(3);
		const { stdout: picks } = await drum([
			"coreset",
			"--model",
			SD1,
			"--history",
			at("h.jsonl"),
			"--size",
			"1",
			"--json",
		]);
		expect(JSON.parse(picks).picks).toMatchObject([
			{ index: 0 },
			{ index: 2, intensity: -2, reason: { standsFor: 1 } },
		]);
	});

	it("steer a picture by --negative-alpha, from a profile and as references", async () => {
		const draw = async (...more: string[]) => {
			const quick = [
				"--steps",
				"1",
				"--height",
				"32",
				"--width",
				"32",
				"--seed",
				"3",
				"--parameters",
				"full",
				"--force",
			];
			const out = ["--out", at("p.png"), "--json"];
			const { stdout } = await drum([
				"generate",
				"--model",
				SD1,
				"--adapters",
				ADAPTERS,
				"--prompt",
				"x",
				...quick,
				...out,
				...more,
			]);
			return { png: await readFile(at("p.png")), document: JSON.parse(stdout) };
		};
		const given = history.flatMap(({ prompt, intensity }) => ["--reference", prompt, "--weight", String(intensity)]);
		const [kept, named] = [
			await draw("--profile", at("ann.safetensors"), "--negative-alpha", "0.8"),
			await draw(...given, "--negative-alpha", "0.8"),
		];
		// The profile's states are rounded in its file.
		expect(readPngParameters(named.png)).toEqual(readPngParameters(kept.png));
		const { negativeReferences, negativeAlpha } = readPngParameters(kept.png)!;
		expect([negativeAlpha, negativeReferences]).toEqual([0.8, [{ prompt: "a foggy street", intensity: -2 }]]);
		expect(
			(await draw("--profile", at("ann.safetensors"), "--negative-alpha", "0")).document.parameters,
		).not.toHaveProperty("negativeAlpha");
		const { document } = await draw("--profile", at("ann.safetensors"), "--guidance-scale", "1");
		expect(document.warnings).toEqual([]);
		expect(document.parameters).toMatchObject({ negativeAlpha: 0.3 });
	});
});

it("--half-life makes older prompts count less, and is told", async () => {
	const out = at("recent.safetensors");
	const make = (...more: string[]) =>
		drum(["profile", "--model", SD1, "--history", at("h.jsonl"), "--out", out, ...more]);
	const { stdout } = await make("--half-life", "10", "--ratio", "1");
	const table = [
		"index  intensity  counts  prompt",
		"0      3          1.5     a red cat",
		"1      1          1       a blue dog",
		"2      -2         -2      a foggy street\n",
	].join("\n");
	expect(stdout).toContain(table);
	expect((await Profile.load(out)).references.map(({ intensity }) => intensity)).toEqual([1.5, 1]);
	const inspected = await drum(["inspect", out]);
	expect(inspected.stdout).toContain("(ratio 1, seed 42, half-life 10 days)");
	expect(inspected.stdout).toContain(table);
	expect((await make("--half-life", "0")).stderr).toContain("Expected a number of days above 0");
	const untimed = await drum([
		"profile",
		"--model",
		SD1,
		"--history",
		at("other.csv"),
		"--half-life",
		"3",
		"--out",
		out,
	]);
	expect(untimed.stderr).toContain(
		"at of history row 0: expected a time, which --half-life needs, found none. Give each row a time, or leave --half-life out",
	);
});

describe("drum blend", () => {
	it("makes one profile of several by their weights", async () => {
		const [out, again] = [at("both.safetensors"), at("again.safetensors")];
		const files = [`${at("ann.safetensors")}=2`, at("bob.safetensors")];
		const { stdout } = await drum(["blend", ...files, "--out", out, "--size", "9", "--json"]);
		const [ann, bob] = await Promise.all(["ann", "bob"].map((name) => Profile.load(at(`${name}.safetensors`))));
		const blend = await Profile.blend([{ profile: ann!, weight: 2 }, { profile: bob! }], { size: 9 });
		expect((await Profile.load(out)).toBytes()).toEqual(blend.toBytes());
		expect(JSON.parse(stdout)).toMatchObject({ file: out, history: 4, disliked: [{ prompt: "a foggy street" }] });
		expect((await drum(["blend", ...files, "--out", again])).stdout).toContain(
			"kept 3 of 3 prompts, 1 of them disliked",
		);
	});

	it("refuses what is no weight and no profile", async () => {
		const out = ["--out", at("none.safetensors")];
		const refused = async (...argv: string[]) => (await drum(["blend", ...argv, ...out])).stderr;
		expect(await refused(`${at("ann.safetensors")}=0`)).toContain("expected a number above 0, found 0");
		expect(await refused(at("h.jsonl"))).toContain("h.jsonl");
	});
});

it("drum forget takes prompts out of the file, by their words or by a part of them", async () => {
	const file = at("left.safetensors");
	await cp(at("ann.safetensors"), file);
	const forget = (...argv: string[]) => drum(["forget", file, ...argv]);
	const { stdout, stderr } = await forget("--containing", "FOG", "--prompt", "a red cat");
	expect(stdout).toContain(`${file}: kept 1 of 1 prompts\n`);
	expect(stderr).toContain("2 of 3 prompts removed");
	const bytes = await readFile(file);
	expect([bytes.includes("foggy"), bytes.includes("red cat"), bytes.includes("blue dog")]).toEqual([
		false,
		false,
		true,
	]);
	expect((await forget("--prompt", "a red cat")).stderr).toContain("exactly as written");
	expect((await forget()).stderr).toContain("--prompt or --containing");
	expect((await forget("--containing", "")).stderr).toContain("an empty text, which every prompt contains");
});
