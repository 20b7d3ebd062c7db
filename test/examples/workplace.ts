import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeCredentials } from "@drum/test-certificates";
import { TYPESCRIPT } from "@drum/test-process";
import { writeSingleFile } from "@drum/test-weights";
import { afterAll, beforeAll, expect } from "vitest";
import { fewStepsModels } from "./few-steps-models.ts";
import { fillHubCache, snapshotOf } from "./hub-cache.ts";
import { lastOf, outputsOf, type Program } from "./programs.ts";
import { addSafetyChecker } from "./safety-checker.ts";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FIXTURES = join(ROOT, "test/golden/fixtures");
const SAFETY_CHECKER = join(ROOT, "packages/encoders-clip/src/fixtures/safety-checker.json");
const SD15 = "stable-diffusion-v1-5/stable-diffusion-v1-5";
const CHECKPOINTS = {
	[SD15]: join(FIXTURES, "sd1"),
	"stabilityai/stable-diffusion-xl-base-1.0": join(FIXTURES, "sdxl"),
	"stabilityai/stable-diffusion-3.5-medium": join(FIXTURES, "sd35"),
	"black-forest-labs/FLUX.1-schnell": join(FIXTURES, "flux-schnell"),
	"Burf/DrUM": join(FIXTURES, "adapters"),
	"sd-concepts-library/cat-toy": join(FIXTURES, "inversions/cat-toy"),
};

const HISTORY = [
	{ prompt: "a retro-futuristic poster", intensity: 5 },
	{ prompt: "a watercolour of a fishing village" },
];

/** Where a file's examples run as they stand: the hub ids in them lead to the tiny checkpoints. Gone after its tests. */
export interface Workplace {
	/** What is read and written lies here, from where the packages are found as from the project's. */
	readonly folder: string;
	/** Runs programs one after another in one process, all of which must succeed; gives what each prints. */
	run(...programs: readonly Program[]): string[];
}

export function openWorkplace(): Workplace {
	const home = mkdtempSync(join(tmpdir(), "examples-"));
	const all = join(ROOT, "examples/out");
	mkdirSync(all, { recursive: true });
	const folder = mkdtempSync(join(all, "test-"));
	mkdirSync(join(folder, "out"));
	cpSync(join(FIXTURES, "loras/sd1-dora.safetensors"), join(folder, "style.safetensors"));
	cpSync(join(FIXTURES, "exports/clip"), join(folder, "my-export"), { recursive: true });
	writeFileSync(join(folder, "out/history.jsonl"), HISTORY.map((item) => JSON.stringify(item)).join("\n"));
	writeFileSync(join(folder, "out/captions.csv"), "caption\na lighthouse at dusk\na red cat\na fishing village\n");
	beforeAll(() => fillModels(join(folder, "models")));
	beforeAll(() => fillCredentials(folder));
	const models = { ...CHECKPOINTS, ...fewStepsModels(FIXTURES, join(home, "models")) };
	const env = { ...process.env, ...fillHubCache(home, models) };
	beforeAll(() => addSafetyChecker(SAFETY_CHECKER, snapshotOf(home, SD15)));
	afterAll(() => {
		for (const path of [home, folder]) rmSync(path, { recursive: true });
	});
	return {
		folder,
		run(...programs) {
			const options = { cwd: folder, env, encoding: "utf8", timeout: 240_000 } as const;
			const args = [...TYPESCRIPT, join(ROOT, "test/examples/run-in-turn.ts"), JSON.stringify(programs)];
			const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
			expect(status, `${lastOf(stdout)}: ${stderr}`).toBe(0);
			const outputs = outputsOf(stdout);
			expect(outputs).toHaveLength(programs.length);
			return outputs;
		},
	};
}

/** A model in one file, and parts of it in files of their own. */
async function fillModels(folder: string): Promise<void> {
	mkdirSync(folder, { recursive: true });
	await writeSingleFile(join(folder, "dreams.safetensors"), "sd1");
	await writeSingleFile(join(folder, "vae-ft-mse.safetensors"), "sd1", { without: ["unet", "text_encoder"] });
	cpSync(join(FIXTURES, "sd1/text_encoder/model.safetensors"), join(folder, "clip_l.safetensors"));
}

/** What the page on marks signs with. */
async function fillCredentials(folder: string): Promise<void> {
	const { certificate, key, authority } = await makeCredentials();
	const files = { "certificate.pem": certificate, "key.pem": key, "authorities.pem": authority };
	for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

/** Pages whose examples run: README.md and those of the documentation, in the order of their names. */
export const PAGES: readonly string[] = [
	"README.md",
	...readdirSync(join(ROOT, "docs"))
		.filter((file) => file.endsWith(".md"))
		.map((file) => `docs/${file}`),
];

/** What stands between a page's fences of a language. */
export function blocksOf(page: string, language: "ts" | "js" | "sh"): string[] {
	const text = readFileSync(join(ROOT, page), "utf8");
	return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
		.filter(([, found]) => found === language)
		.map(([, , code]) => code!);
}
