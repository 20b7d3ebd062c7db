import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TYPESCRIPT } from "@drum/test-process";
import { writeSingleFile } from "@drum/test-weights";
import { afterAll, beforeAll, expect } from "vitest";
import { fewStepsModels } from "./few-steps-models.ts";
import { fillHubCache } from "./hub-cache.ts";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FIXTURES = join(ROOT, "test/golden/fixtures");
const CHECKPOINTS = {
	"stable-diffusion-v1-5/stable-diffusion-v1-5": join(FIXTURES, "sd1"),
	"stabilityai/stable-diffusion-xl-base-1.0": join(FIXTURES, "sdxl"),
	"stabilityai/stable-diffusion-3.5-medium": join(FIXTURES, "sd35"),
	"black-forest-labs/FLUX.1-schnell": join(FIXTURES, "flux-schnell"),
	"Burf/DrUM": join(FIXTURES, "adapters"),
	"sd-concepts-library/cat-toy": join(FIXTURES, "inversions/cat-toy"),
};

/** Where a file's examples run as they stand: the hub ids in them lead to the tiny checkpoints. Gone after its tests. */
export interface Workplace {
	/** What is read and written lies here, from where the packages are found as from the project's. */
	readonly folder: string;
	/** Runs a TypeScript program with its arguments, which must succeed; gives what it prints. */
	run(script: string, ...args: string[]): string;
}

export function openWorkplace(): Workplace {
	const home = mkdtempSync(join(tmpdir(), "examples-"));
	const all = join(ROOT, "examples/out");
	mkdirSync(all, { recursive: true });
	const folder = mkdtempSync(join(all, "test-"));
	mkdirSync(join(folder, "out"));
	cpSync(join(FIXTURES, "loras/sd1-dora.safetensors"), join(folder, "style.safetensors"));
	cpSync(join(FIXTURES, "exports/clip"), join(folder, "my-export"), { recursive: true });
	beforeAll(() => fillModels(join(folder, "models")));
	const models = { ...CHECKPOINTS, ...fewStepsModels(FIXTURES, join(home, "models")) };
	const env = { ...process.env, ...fillHubCache(home, models) };
	afterAll(() => {
		for (const path of [home, folder]) rmSync(path, { recursive: true });
	});
	return {
		folder,
		run(script, ...args) {
			const options = { cwd: folder, env, encoding: "utf8", timeout: 120_000 } as const;
			const { status, stdout, stderr } = spawnSync(process.execPath, [...TYPESCRIPT, script, ...args], options);
			expect(status, stderr).toBe(0);
			return stdout;
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

/** What stands between a README.md's fences of a language; default the project's. */
export function readmeBlocks(language: "ts" | "sh", path = "README.md"): string[] {
	const readme = readFileSync(join(ROOT, path), "utf8");
	return [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
		.filter(([, found]) => found === language)
		.map(([, , code]) => code!);
}
