import { spawnSync } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TYPESCRIPT } from "@drum/test-process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fillHubCache } from "./hub-cache.ts";

// Every example of examples/ and of README.md, run as it stands: the hub ids in it lead to the tiny checkpoints.

const root = fileURLToPath(new URL("../../", import.meta.url));
const fixtures = join(root, "test/golden/fixtures");

let home: string;
let env: NodeJS.ProcessEnv;
beforeAll(() => {
	home = mkdtempSync(join(tmpdir(), "examples-"));
	const repositories = {
		"stable-diffusion-v1-5/stable-diffusion-v1-5": join(fixtures, "sd1"),
		"stabilityai/stable-diffusion-xl-base-1.0": join(fixtures, "sdxl"),
		"stabilityai/stable-diffusion-3.5-medium": join(fixtures, "sd35"),
		"black-forest-labs/FLUX.1-schnell": join(fixtures, "flux-schnell"),
		"Burf/DrUM": join(fixtures, "adapters"),
	};
	env = { ...process.env, ...fillHubCache(home, repositories) };
	// What examples read and write lies in a folder of their own, from which the packages are found as from the project's.
	mkdirSync(join(root, "examples/out"), { recursive: true });
});
afterAll(() => {
	rmSync(home, { recursive: true });
	rmSync(join(root, "examples/out"), { recursive: true, force: true });
});

function run(args: readonly string[]): string {
	const { status, stdout, stderr } = spawnSync(process.execPath, [...TYPESCRIPT, ...args], {
		cwd: join(root, "examples"),
		env,
		encoding: "utf8",
		timeout: 120_000,
	});
	expect(status, stderr).toBe(0);
	return stdout;
}

describe("examples", () => {
	const files = readdirSync(join(root, "examples")).filter((file) => file.endsWith(".ts"));

	test.each(files)("%s", (file) => {
		const source = readFileSync(join(root, "examples", file), "utf8");
		const output = run([file]);
		if (source.includes("console.log")) expect(output).not.toBe("");
		for (const [, path] of source.matchAll(/save\(["`](out\/[^"`$]*)["`]\)/g)) {
			expect(existsSync(join(root, "examples", path!)), path).toBe(true);
		}
	});
});

describe("README.md", () => {
	const blocks = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/```(ts|sh)\n([\s\S]*?)```/g)];
	const scripts = blocks.filter(([, language]) => language === "ts").map(([, , code]) => code!);
	const commands = blocks
		.filter(([, language]) => language === "sh")
		.flatMap(([, , code]) => code!.replace(/\\\n/g, " ").split("\n"))
		.filter((line) => line.startsWith("drum "));

	test("has examples of both kinds", () => {
		expect(scripts.length).toBeGreaterThan(0);
		expect(commands.length).toBeGreaterThan(0);
	});

	test.each(scripts)("library example %#", (code) => {
		const file = join(root, "examples/out/readme.ts");
		writeFileSync(file, code);
		run([file]);
	});

	// One after another, since later commands read what earlier ones wrote.
	test("commands", { timeout: 240_000 }, () => {
		const history = [
			{ prompt: "a retro-futuristic poster", intensity: 5 },
			{ prompt: "a watercolour of a fishing village" },
		];
		writeFileSync(join(root, "examples/out/history.jsonl"), history.map((item) => JSON.stringify(item)).join("\n"));
		writeFileSync(
			join(root, "examples/out/captions.csv"),
			"caption\na lighthouse at dusk\na red cat\na fishing village\n",
		);
		for (const command of commands) run([join(root, "packages/cli/src/main.ts"), ...words(command).slice(1)]);
	});
});

test("the quickstart draws a contact sheet, without a checkpoint or a network", () => {
	const folder = mkdtempSync(join(tmpdir(), "quickstart-"));
	symlinkSync(join(root, "apps"), join(folder, "apps"));
	const offline = { ...process.env, HF_ENDPOINT: "http://127.0.0.1:9" };
	const main = join(root, "apps/quickstart/main.ts");
	const args = [...TYPESCRIPT, main];
	const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, env: offline, encoding: "utf8" });
	expect(status, stderr).toBe(0);
	const files = stdout.split("\n").filter((line) => line.endsWith(".png"));
	expect(files).toHaveLength(16);
	expect(files.at(-1)).toBe("out/42-alpha.png");
	for (const file of files) expect(readFileSync(join(folder, file)).length).toBeGreaterThan(1000);
	rmSync(folder, { recursive: true });
});

/** A command line's words, as a shell splits them: by spaces outside quotes. */
function words(line: string): string[] {
	return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}
