import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { run } from "./commands.ts";
import { FIXTURES } from "./places.ts";

const { registry } = inject("release");
const CHECKPOINT = join(FIXTURES, "sd1");
const ADAPTERS = join(FIXTURES, "adapters");

/** A project of two packages by pnpm, where each package finds its own dependencies alone. */
let project: string;
beforeAll(async () => {
	project = await mkdtemp(join(tmpdir(), "drum-pnpm-"));
	await writeFile(join(project, ".npmrc"), `@drum:registry=${registry}\n`);
	await writeFile(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
	await writeFile(join(project, "pnpm-workspace.yaml"), "allowBuilds:\n  onnxruntime-node: false\n  sharp: false\n");
	await run(project, "pnpm", "add", "--prefer-offline", "@drum/pipelines-sd", "@drum/cli");
	await cp(join(import.meta.dirname, "consumer", "generate.mjs"), join(project, "generate.mjs"));
});
afterAll(() => rm(project, { recursive: true, force: true }));

it("a program draws a personalised picture", async () => {
	const told = await run(project, process.execPath, "generate.mjs", CHECKPOINT, ADAPTERS, "out/picture.png");
	expect(JSON.parse(told)).toMatchObject({ signature: "PNG", refused: "argument" });
});

it("the drum command draws without what drum eval needs, which says what to install", async () => {
	const options = [
		"--model",
		CHECKPOINT,
		"--adapters",
		ADAPTERS,
		"--reference",
		"a red cat",
		"--prompt",
		"a lighthouse",
	];
	await run(project, "pnpm", "exec", "drum", "generate", ...options, "--steps", "2", "--out", "drum.png", "--quiet");
	const packages = await run(project, "pnpm", "ls", "--depth", "9", "--parseable");
	expect(packages).toMatch(/onnxruntime-node/);
	expect(packages).not.toMatch(/duckdb|pglite|pg-boss|@drum[+/](eval|tiny|database)/);
	const evaluation = run(project, "pnpm", "exec", "drum", "eval", "run", "--data", "tiny:1", "--out", "run");
	const missing =
		"expected to be installed, found none. npm install --global @drum/cli @drum/eval @drum/eval-runs @drum/tiny @duckdb/node-api";
	await expect(evaluation).rejects.toThrow(missing);
});
