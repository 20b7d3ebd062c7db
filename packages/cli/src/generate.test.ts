import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { readPictureMarks, readPngParameters, savePng } from "@drum/diffusion";
import { DrUM, StableDiffusion } from "@drum/pipelines-sd";
import { writeSingleFile } from "@drum/test-weights";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ADAPTERS, drum, drumProcess, fixtureFolder, MODEL, SD1, SD2 } from "./testing/command.ts";

// Oracles: the pictures that the packages draw when called by hand; sharp, which decodes PNG.

let root: string;
let out: string;
let count = 0;
beforeAll(async () => {
	root = await mkdtemp(join(tmpdir(), "generate-"));
});
beforeEach(() => {
	out = join(root, String(count++));
});
afterAll(() => rm(root, { recursive: true }));

const QUICK = ["--prompt", "a lighthouse", "--steps", "2", "--seed", "42"];

type Sharp = (bytes: Uint8Array) => { raw(): { toBuffer(): Promise<Buffer> } };
const sharp = createRequire(new URL("../../diffusion/package.json", import.meta.url))("sharp") as Sharp;
const pixels = async (path: string) =>
	sharp(await readFile(path))
		.raw()
		.toBuffer();

describe("drum generate", () => {
	it("passes on the prompts of SDXL's second encoder, clip skip and the end of denoising", async () => {
		const own = [
			"--prompt-2",
			"a (boat:1.2)",
			"--prompt-syntax",
			"a1111",
			"--negative-prompt",
			"fog",
			"--negative-prompt-2",
			"rain",
		];
		const more = ["--clip-skip", "1", "--denoising-end", "0.5", "--height", "64", "--width", "64"];
		const run = ["generate", "--model", fixtureFolder("sdxl"), ...QUICK, ...own, ...more, "--out", out, "--json"];
		const { code, stdout, stderr } = await drum(run);
		expect(code, stderr).toBe(0);
		expect(JSON.parse(stdout).parameters).toMatchObject({
			promptSyntax: "a1111",
			prompt2: "a (boat:1.2)",
			negativePrompt2: "rain",
			clipSkip: 1,
			denoisingEnd: 0.5,
		});
	});

	it("loads textual inversions, for profiles and picks too", async () => {
		const inversion = (name: string) => fixtureFolder(`inversions/${name}.safetensors`);
		const y2k = ["--textual-inversion", `${inversion("y2k")}=<y2k>`, "--textual-inversion", inversion("first")];
		const run = ["--model", fixtureFolder("sdxl"), "--height", "64", "--width", "64", "--out", out, "--json"];
		const { code, stdout, stderr } = await drum([
			"generate",
			"--prompt",
			"a <y2k> cat",
			"--steps",
			"1",
			...run,
			...y2k,
		]);
		expect(code, stderr).toBe(0);
		expect(JSON.parse(stdout).parameters.textualInversions).toEqual(["<y2k>", "<first>"]);
		const twice = await drum(["generate", "--prompt", "a cat", ...run, ...y2k, ...y2k]);
		expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining("which exists already")]);
		const history = join(out, "learned.jsonl");
		await mkdir(out, { recursive: true });
		await writeFile(history, `{"prompt":"a <y2k> cat"}`);
		const picks = await drum([
			"coreset",
			"--model",
			fixtureFolder("sdxl"),
			"--history",
			history,
			"--size",
			"1",
			...y2k,
		]);
		expect(picks.code, picks.stderr).toBe(0);
	});

	it("tells once what had no effect, on stderr and in the document", async () => {
		const unused = ["--negative-prompt", "blurry", "--guidance-scale", "1"];
		const references = ["--reference", "a red cat", "--alpha", "0,1"];
		const run = ["generate", ...MODEL, ...QUICK, ...references, ...unused, "--out", out, "--json"];
		const message =
			"negativePrompt has no effect because guidanceScale is not above 1: nothing is drawn against a negative prompt.";
		const { code, stdout, stderr } = await drum(run);
		expect(code, stderr).toBe(0);
		expect(stderr.split("\n").filter((line) => line.startsWith("warning"))).toEqual([
			"warning: --negative-prompt has no effect because --guidance-scale is not above 1: nothing is drawn against a negative prompt.",
		]);
		const warnings = [{ code: "option-unused", what: "negativePrompt", message }];
		expect(JSON.parse(stdout)).toMatchObject({ warnings });
		const quiet = await drum([...run, "--quiet"]);
		expect([quiet.stderr, JSON.parse(quiet.stdout).warnings]).toEqual(["", warnings]);
	});

	it("as a process draws what the packages draw, and prints one JSON document", async () => {
		const references = ["--reference", "a red cat", "--weight", "5", "--reference", "a blue dog", "--weight", "1"];
		const { code, stdout, stderr } = await drumProcess([
			"generate",
			...MODEL,
			...QUICK,
			...references,
			"--out",
			out,
			"--json",
		]);
		expect(code, stderr).toBe(0);
		const document = JSON.parse(stdout);
		const file = join(out, "42-1.png");
		expect(document).toMatchObject({
			files: [file],
			seed: 42,
			parameters: {
				prompt: "a lighthouse",
				alpha: 0.3,
				numInferenceSteps: 2,
				references: [
					{ prompt: "a red cat", intensity: 5 },
					{ prompt: "a blue dog", intensity: 1 },
				],
			},
			timings: {
				open: expect.any(Number),
				profile: expect.any(Number),
				draw: expect.any(Number),
				total: expect.any(Number),
			},
		});
		await using sd = await StableDiffusion.fromPretrained(SD1);
		await using personal = await DrUM.attach(sd, { adapters: ADAPTERS });
		const profile = await personal.profile(document.parameters.references, { ratio: 1 });
		const { images } = await personal.generate("a lighthouse", { profile, alpha: 0.3, seed: 42, numInferenceSteps: 2 });
		expect((await pixels(file)).equals(images[0]!.data)).toBe(true);
		const { references: told, model, ...own } = images[0]!.parameters;
		expect(readPngParameters(await readFile(file))).toEqual({ ...own, model: basename(model!) });
	});

	it.each([
		["sdxl", ["--guidance-rescale", "0.5", "--vae-tiling"], { guidanceRescale: 0.5 }],
		["sd1", ["--vae", join(SD1, "../sd2")], { vae: join(SD1, "../sd2") }],
		["sd1", ["--denoiser", join(SD1, "unet")], { denoiser: join(SD1, "unet") }],
		[
			"sd3",
			[
				"--dtype",
				"int8",
				"--max-sequence-length",
				"256",
				"--skip-guidance-layers",
				"0,1",
				"--skip-layer-guidance-stop",
				"0.5",
			],
			{ skipGuidanceLayers: [0, 1], skipLayerGuidanceStop: 0.5 },
		],
		[
			"flux",
			[
				...["--offload", "--guidance-end", "0.5", "--negative-prompt", "blurry", "--true-cfg-scale", "2"],
				...["--cache", "first-block"],
			],
			{ trueCfgScale: 2, guidanceEnd: 0.5, cache: { method: "first-block", threshold: 0.05 } },
		],
	])("of %s, told by its model_index.json, with %j", async (name, more, parameters) => {
		const model = join(SD1, "..", name);
		const sizes = ["--height", "64", "--width", "64"];
		const own = ["--reference", "a red cat", "--adapters", ADAPTERS, ...more, "--out", out, "--json"];
		const { code, stdout, stderr } = await drum(["generate", "--model", model, ...QUICK, ...sizes, ...own]);
		expect(code, stderr).toBe(0);
		const { parameters: found, cachedSteps } = JSON.parse(stdout);
		expect(found).toMatchObject({ prompt: "a lighthouse", alpha: 0.3, ...parameters });
		expect(cachedSteps).toEqual("cache" in parameters ? expect.any(Number) : undefined);
		expect((await pixels(join(out, "42-1.png"))).length).toBe(64 * 64 * 3);
	});

	it("draws with a model in one file, and an encoder from a place of its own, as with the folder", async () => {
		const model = await writeSingleFile(join(root, "model.safetensors"), "sd1", { without: ["text_encoder"] });
		const encoder = join(SD1, "text_encoder/model.safetensors");
		const draw = async (...argv: string[]) => {
			const { code, stderr } = await drum(["generate", ...argv, ...QUICK, "--force", "--out", out]);
			expect(code, stderr).toBe(0);
			return { bytes: await pixels(join(out, "42-1.png")), stderr };
		};
		const { bytes } = await draw("--model", SD1);
		const file = await draw("--model", model, "--encoder", `L=${encoder}`, "--config", SD1);
		expect(file.bytes.equals(bytes)).toBe(true);
		expect(await drum(["generate", "--model", model, "--config", SD1, ...QUICK])).toMatchObject({
			code: 1,
			stderr: expect.stringContaining("Stable Diffusion 1 with its text encoder L"),
		});
		expect((await drum(["generate", "--model", model, "--encoder", "L", ...QUICK])).code).toBe(2);
	});

	it("begins from a picture, and draws a part of it anew", async () => {
		const [image, mask] = ["in.png", "mask.png"].map((name) => join(root, name)) as [string, string];
		const own = Uint8Array.from({ length: 40 * 32 * 3 }, (_, i) => (i * 31) % 251);
		await savePng(image, { width: 40, height: 32, data: own });
		await savePng(mask, { width: 4, height: 4, data: new Uint8Array(48).fill(255, 24) });
		const argv = ["generate", "--model", SD1, ...QUICK, "--image", image, "--strength", "0.5", "--mask", mask];
		const { code, stdout, stderr } = await drum([...argv, "--out", out, "--json"]);
		expect(code, stderr).toBe(0);
		expect(JSON.parse(stdout).parameters).toMatchObject({ strength: 0.5 });
		await using sd = await StableDiffusion.fromPretrained(SD1);
		const options = { image, mask, strength: 0.5, seed: 42, numInferenceSteps: 2 };
		const { images } = await sd.generate("a lighthouse", options);
		expect((await pixels(join(out, "42-1.png"))).equals(images[0]!.data)).toBe(true);
		// Of the first picture some is kept, so not all of this one is a model's.
		const { sourceType } = await readPictureMarks(await readFile(join(out, "42-1.png")));
		expect(sourceType).toBe("compositeWithTrainedAlgorithmicMedia");
	});

	it("writes JPEG and WebP, which tell what PNG tells, or not", async () => {
		const marks = async (...more: string[]) => {
			const { code, stdout, stderr } = await drum(["generate", "--model", SD1, ...QUICK, ...more]);
			expect(code, stderr).toBe(0);
			return readPictureMarks(await readFile(stdout.trim()));
		};
		const sourceType = "trainedAlgorithmicMedia";
		const png = await marks("--out", join(out, "a.png"));
		expect(png).toMatchObject({ format: "png", sourceType, parameters: { prompt: "a lighthouse", seed: 42 } });
		expect(await marks("--out", join(out, "b.jpg"), "--quality", "80")).toEqual({ ...png, format: "jpeg" });
		expect(await marks("--out", `${out}/`, "--picture-format", "webp")).toEqual({ ...png, format: "webp" });
		const { width, height } = png;
		const bare = ["--no-source-type", "--parameters", "none"];
		expect(await marks("--out", join(out, "c.webp"), ...bare)).toEqual({ format: "webp", width, height });
		expect(await readdir(out)).toEqual(["42-1.webp", "a.png", "b.jpg", "c.webp"]);
	});

	it("needs no adapters for a plain picture", async () => {
		const { code, stdout } = await drum(["generate", "--model", SD1, "--adapters", "nowhere", ...QUICK, "--out", out]);
		expect([code, stdout]).toEqual([0, `${join(out, "42-1.png")}\n`]);
	});

	it("draws the same bytes from the same seed, under the next free name", async () => {
		const argv = ["generate", "--model", SD1, ...QUICK, "--out", out];
		for (let time = 0; time < 2; time++) expect((await drum(argv)).code).toBe(0);
		expect(await readdir(out)).toEqual(["42-1.png", "42-2.png"]);
		expect(await readFile(join(out, "42-2.png"))).toEqual(await readFile(join(out, "42-1.png")));
	});

	it("overwrites only with --force", async () => {
		const path = join(root, "named.png");
		await writeFile(path, "mine");
		const argv = ["generate", "--model", SD1, ...QUICK, "--out", path];
		expect((await drum(argv)).stdout).toBe(`${join(root, "named-2.png")}\n`);
		expect(await readFile(path, "utf8")).toBe("mine");
		expect((await drum([...argv, "--force"])).stdout).toBe(`${path}\n`);
		expect(await readFile(path)).toEqual(await readFile(join(root, "named-2.png")));
	});

	it("numbers the pictures of one file's name", async () => {
		const argv = ["generate", "--model", SD1, ...QUICK, "--images", "2", "--out", join(out, "x.png")];
		expect((await drum(argv)).stdout).toBe(`${join(out, "x-1.png")}\n${join(out, "x-2.png")}\n`);
	});

	it("tells the seed that it drew", async () => {
		const { stdout, stderr } = await drum(["generate", "--model", SD1, "--prompt", "x", "--steps", "1", "--out", out]);
		const seed = /^seed (\d+)$/m.exec(stderr)?.[1];
		expect(stdout).toBe(`${join(out, `${seed}-1.png`)}\n`);
	});

	it("says nothing on stderr when it is to be quiet", async () => {
		const { stderr } = await drum([
			"generate",
			"--model",
			SD1,
			"--prompt",
			"x",
			"--steps",
			"1",
			"--out",
			out,
			"--quiet",
		]);
		expect(stderr).toBe("");
	});

	it("makes of a history what it makes of the profile of that history", async () => {
		const history = join(root, "h.jsonl");
		await writeFile(
			history,
			'{"prompt":"a red cat","intensity":5}\n{"prompt":"a blue dog"}\n{"prompt":"an old boat"}\n',
		);
		const profile = join(root, "user.safetensors");
		expect((await drum(["profile", "--model", SD1, "--history", history, "--size", "2", "--out", profile])).code).toBe(
			0,
		);
		const argv = ["generate", ...MODEL, ...QUICK, "--alpha", "0.6", "--out", out];
		expect((await drum([...argv, "--history", history, "--size", "2"])).code).toBe(0);
		expect((await drum([...argv, "--profile", profile])).code).toBe(0);
		// The profile's file has its numbers in half precision.
		const [direct, kept] = [await pixels(join(out, "42-1.png")), await pixels(join(out, "42-2.png"))];
		expect(kept.length).toBe(direct.length);
		expect(Math.max(...kept.map((value, i) => Math.abs(value - direct[i]!)))).toBeLessThanOrEqual(1);
	});

	it("of several degrees of personalisation draws each, and a contact sheet", async () => {
		const argv = ["generate", ...MODEL, ...QUICK, "--reference", "a red cat", "--out", out];
		const { code, stdout } = await drum([...argv, "--alpha", "0,0.5,1", "--images", "2"]);
		const names = [...Array.from({ length: 6 }, (_, i) => `42-${i + 1}.png`), "42-alpha.png"];
		expect([code, stdout]).toEqual([0, names.map((name) => `${join(out, name)}\n`).join("")]);
		const alphas = await Promise.all(
			names.map(async (name) => {
				const { alpha, alphas } = readPngParameters(await readFile(join(out, name)))!;
				return alpha ?? alphas;
			}),
		);
		expect(alphas).toEqual([0, 0, 0.5, 0.5, 1, 1, [0, 0.5, 1]]);
		await drum([...argv, "--alpha", "0.5"]);
		expect(await pixels(join(out, "42-7.png"))).toEqual(await pixels(join(out, "42-3.png")));
	});

	it.each(["full", "none"])("tells in its pictures what --parameters %s asks for", async (form) => {
		const argv = ["generate", ...MODEL, ...QUICK, "--reference", "a red cat", "--out", out, "--parameters", form];
		const { stdout } = await drum([...argv, "--json"]);
		const { seed, parameters } = JSON.parse(stdout);
		const told = readPngParameters(await readFile(join(out, "42-1.png")));
		expect(told).toEqual(form === "full" ? { ...parameters, seed } : undefined);
	});

	it("draws the prompt as it is when the history is empty", async () => {
		const argv = ["generate", "--model", SD1, ...QUICK, "--out", out];
		const empty = await drum([...argv, "--history", "-", "--format", "jsonl", "--adapters", "nowhere"], {
			stdin: "\n",
		});
		expect(empty).toMatchObject({ code: 0, stderr: expect.stringContaining("the history is empty") });
		await drum(argv);
		expect(await readFile(join(out, "42-1.png"))).toEqual(await readFile(join(out, "42-2.png")));
	});

	it("refuses a profile made with another encoder", async () => {
		const profile = join(root, "other.safetensors");
		await drum(["profile", "--model", SD1, "--history", "-", "--format", "csv", "--out", profile], {
			stdin: "prompt\na",
		});
		const argv = ["generate", "--model", SD2, "--adapters", ADAPTERS, ...QUICK, "--profile", profile, "--out", out];
		expect(await drum(argv)).toMatchObject({
			code: 2,
			stderr: expect.stringContaining("Make it again from the history"),
		});
	});
});

describe("an interrupt", () => {
	it("ends a process with code 130 after the step in progress, and leaves no file", async () => {
		const argv = ["generate", "--model", SD1, "--prompt", "x", "--steps", "900", "--scheduler", "ddim"];
		const long = [...argv, "--height", "512", "--width", "512", "--out", out];
		const { code, stdout, stderr } = await drumProcess(long, (child) => {
			// The first line of progress comes after five seconds of steps, the next may be that of the step in progress.
			child.stderr?.once("data", () => child.kill("SIGINT"));
		});
		expect(stderr).toMatch(
			/^steps: \d+ of 900\n\nstopping after the step in progress;.*\n(steps: \d+ of 900\n)?interrupted\n$/,
		);
		expect([code, stdout]).toEqual([130, ""]);
		await expect(readdir(out)).rejects.toThrow("ENOENT");
	});

	it("before anything began has the same code", async () => {
		const { code, stderr } = await drum(["generate", "--model", SD1, ...QUICK, "--out", out], {
			signal: AbortSignal.abort(),
		});
		expect([code, stderr]).toEqual([130, "interrupted\n"]);
	});
});

describe("a process", () => {
	it("tells wrong usage without a stack", async () => {
		const { code, stderr } = await drumProcess(["generate", "--model", "no/model", "--prompt", "x", "--alpha", "2"]);
		expect(stderr).toBe("error: option '--alpha <a,...>' argument '2' is invalid. Expected a number from 0 to 1.\n");
		expect(code).toBe(2);
	});

	it("ends quietly when nobody reads its output", async () => {
		const { code, stderr } = await drumProcess(["--help"], (child) => child.stdout?.destroy());
		expect([code, stderr]).toEqual([0, ""]);
	});
});
