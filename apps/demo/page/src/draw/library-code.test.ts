import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readPngParameters } from "@drum/diffusion";
import { DrUM, StableDiffusion } from "@drum/pipelines-sd";
import { typeErrors } from "@drum/test-files/type-errors";
import { TYPESCRIPT } from "@drum/test-process";
import { adapters, model } from "@drum/tiny";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Drawing, libraryCode } from "./library-code.ts";

// The code is compiled strictly and run as a user would, and its pictures are compared with those of the same call made here.

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const fixtures = join(root, "test/golden/fixtures");
const tiny = { source: "@drum/tiny", adapters: "@drum/tiny", kind: "Stable Diffusion 1" };
const flux = { source: join(fixtures, "flux-schnell"), adapters: join(fixtures, "adapters"), kind: "FLUX.1" };
const history = [
	{ prompt: "a house with blue stripes, outline style", intensity: 5 },
	{ prompt: `an "outline" drawing \\ of a \`blue\` \${fish}\n\u2028 */ 猫`, intensity: 0.5 },
	{ prompt: "a red cup", intensity: 1 },
];
const quick = { seed: 7, numInferenceSteps: 2, guidanceScale: 4 };

const STRIP = "a strip in a user's taste";
const DRAWINGS: Record<string, Drawing> = {
	[STRIP]: {
		model: tiny,
		request: { prompt: `a "star" \`\${1}\``, alphas: [0, 0.3, 1], ratio: 0.6, ...quick },
		history,
	},
	"all settings": {
		model: tiny,
		request: {
			...{ prompt: "a star", alphas: [0.5], size: 2, negativePrompt: "it's red\n" },
			...{ ...quick, width: 64, height: 64, scheduler: "euler-karras", negativeAlpha: 0.6 },
		},
		history: [...history, { prompt: "fog", intensity: -2 }],
	},
	"a model with a LoRA": {
		model: {
			...{ source: join(fixtures, "sd1"), adapters: join(fixtures, "adapters"), kind: "Stable Diffusion 1" },
			loras: [{ source: join(fixtures, "loras/sd1-style.safetensors"), scale: 0.8 }],
		},
		request: { prompt: "a star", alphas: [0, 0.5], seed: 7, numInferenceSteps: 1, width: 32, height: 32 },
		history,
	},
	"a plain picture": { model: tiny, request: { prompt: "a star", alphas: [0], ...quick }, history: [] },
	"any seed": { model: tiny, request: { prompt: "a star", alphas: [0, 0.3], numInferenceSteps: 1 }, history },
	FLUX: { model: flux, request: { prompt: "a star", alphas: [0, 0.3], ...quick }, history },
};

let folder: string;
beforeAll(() => {
	// Within the project, from where its packages are found.
	folder = mkdtempSync(join(root, "apps/demo/code-"));
	for (const [name, drawing] of Object.entries(DRAWINGS)) {
		mkdirSync(dirname(fileOf(name)));
		writeFileSync(fileOf(name), libraryCode(drawing));
	}
});
afterAll(() => rmSync(folder, { recursive: true }));

/** One after another in one process: what they import takes as long as what they draw. Each saves its pictures where it is run. */
const RUN = `
	import { dirname } from "node:path";
	import { pathToFileURL } from "node:url";
	for (const file of process.argv.slice(2)) {
		process.chdir(dirname(file));
		await import(pathToFileURL(file).href);
	}
`;

const fileOf = (name: string) => join(folder, name.replaceAll(/\W+/g, "-"), "draw.mts");

/** The pictures that a drawing's code has saved, by α. */
function picturesOf(name: string): Map<number, Buffer> {
	const { alphas } = DRAWINGS[name]!.request;
	return new Map(alphas.map((alpha) => [alpha, readFileSync(join(dirname(fileOf(name)), `alpha-${alpha}.png`))]));
}

describe("the library's code", () => {
	it("compiles strictly, whatever is drawn", () => {
		const files = Object.entries(DRAWINGS).map(([name, drawing]) => [fileOf(name), libraryCode(drawing)] as const);
		expect(typeErrors(new Map(files))).toEqual([]);
	});

	it("runs", () => {
		writeFileSync(join(folder, "run.mjs"), RUN);
		const args = [...TYPESCRIPT, join(folder, "run.mjs"), ...Object.keys(DRAWINGS).map(fileOf)];
		const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
	});

	it.each(Object.keys(DRAWINGS))("draws what was asked for: %s", (name) => {
		for (const [alpha, png] of picturesOf(name)) {
			const { prompt, alpha: told } = readPngParameters(png)!;
			expect(prompt).toBe(DRAWINGS[name]!.request.prompt);
			expect(told).toBe(alpha === 0 ? undefined : alpha);
		}
	});

	it(`draws what the same call draws, byte for byte: ${STRIP}`, async () => {
		const drawn = picturesOf(STRIP);
		await using pipeline = await StableDiffusion.fromPretrained(model);
		await using drum = await DrUM.attach(pipeline, { adapters });
		const profile = await drum.profile(history, { ratio: 0.6 });
		for (const [alpha, png] of drawn) {
			const { prompt } = DRAWINGS[STRIP]!.request;
			const { images } = await drum.generate(prompt, { ...quick, ...(alpha > 0 && { profile, alpha }) });
			expect(png.equals(await images[0]!.toPng()), `α ${alpha}`).toBe(true);
		}
	});
});
