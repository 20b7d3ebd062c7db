import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DiffusionPipeline, DrUM, type FoundationModel, openEncoders, type PipelineOptions } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { afterAll, describe, expect, test } from "vitest";

// Which parts of a checkpoint a run needs, and for how long.

const fixture = (name: string) => fileURLToPath(new URL(`../golden/fixtures/${name}`, import.meta.url));
const models = [...STABLE_DIFFUSION, ...FLUX];
const open = (name: string, options: PipelineOptions = {}) =>
	DiffusionPipeline.fromPretrained(fixture(name), { models, ...options });

const SMALL = { height: 64, width: 64, numInferenceSteps: 2, seed: 1 };
const folder = await mkdtemp(join(tmpdir(), "drum-parts-"));
afterAll(() => rm(folder, { recursive: true }));

/** A folder with these of the tiny adapters. */
async function adapters(...names: string[]): Promise<string> {
	const path = join(folder, names.join("-"));
	await mkdir(path, { recursive: true });
	for (const name of names) await cp(fixture(`adapters/weight/${name}.safetensors`), join(path, `${name}.safetensors`));
	return path;
}

describe("what a checkpoint is", () => {
	test.each([
		["sd1", "Stable Diffusion 1", ["L"]],
		["sd2", "Stable Diffusion 2", ["H"]],
		["sdxl", "Stable Diffusion XL", ["L", "bigG"]],
		["sd3", "Stable Diffusion 3", ["L", "bigG", "T5"]],
		["sd35", "Stable Diffusion 3", ["L", "bigG", "T5"]],
		["sd3-without-t5", "Stable Diffusion 3", ["L", "bigG"]],
		["flux", "FLUX.1", ["L", "T5"]],
	])("%s is read in its model_index.json: %s, with %j", async (name, model, encoders) => {
		await using pipeline = await open(name);
		expect([pipeline.model.name, Object.keys(pipeline.encoders)]).toEqual([model, encoders]);
	});
});

describe("adapters", () => {
	test.each([
		["sdxl", ["L"], "bigG"],
		["sd3", ["L", "bigG"], "T5"],
		["flux", ["T5"], "L"],
	])("%s with %j misses that of %s, and says so", async (name, there, missing) => {
		await using pipeline = await open(name);
		await expect(DrUM.attach(pipeline, { adapters: await adapters(...there) })).rejects.toMatchObject({
			code: "checkpoint",
			message: expect.stringMatching(new RegExp(`weight/${missing}\\.safetensors.*encoder ${missing}$`)),
		});
	});

	test("of SD 3 without T5 are two", async () => {
		await using pipeline = await open("sd3-without-t5");
		await using drum = await DrUM.attach(pipeline, { adapters: await adapters("L", "bigG") });
		const profile = await drum.profile([{ prompt: "a red cat" }, { prompt: "a blue dog" }], { ratio: 1 });
		const [plain, personal] = [await drum.condition("a boat"), await drum.condition("a boat", { profile })];
		expect(personal.promptEmbeds.dims).toEqual(plain.promptEmbeds.dims);
		const [, tokens, width] = plain.promptEmbeds.dims as [number, number, number];
		expect(tokens).toBe(77 + 256);
		const rows = ({ data }: { data: Float32Array }, from: number, to: number) => data.slice(from * width, to * width);
		expect(rows(personal.promptEmbeds, 77, tokens).every((value) => value === 0)).toBe(true);
		expect(rows(personal.promptEmbeds, 0, 77)).not.toEqual(rows(plain.promptEmbeds, 0, 77));
	});

	test("of another encoder are named, with both shapes", async () => {
		const wrong = join(folder, "wrong");
		await mkdir(wrong);
		for (const name of ["L", "bigG"])
			await cp(fixture("adapters/weight/H.safetensors"), join(wrong, `${name}.safetensors`));
		await using pipeline = await open("sdxl");
		await expect(DrUM.attach(pipeline, { adapters: wrong })).rejects.toMatchObject({
			code: "checkpoint",
			message: expect.stringMatching(/wrong\/L\.safetensors/),
		});
	});

	test("were trained with 256 rows of T5", async () => {
		await using pipeline = await open("flux", { maxSequenceLength: 128 });
		await expect(DrUM.attach(pipeline, { adapters: fixture("adapters") })).rejects.toThrow(/256.*128|128.*256/);
	});
});

describe("offload", () => {
	test.each(["sdxl", "sd3", "flux"])("%s: one model after another, and the same pictures", async (name) => {
		await using kept = await open(name, { offload: false });
		await using offloading = await open(name, { offload: true });
		expect([kept.offload, offloading.offload]).toEqual([false, true]);
		const order: string[] = [];
		const watch = <T extends object>(what: string, part: T, method: keyof T) => {
			const own = part[method] as (...values: unknown[]) => unknown;
			const watched = (...values: unknown[]) => {
				order.push(what);
				return own.apply(part, values);
			};
			Object.defineProperty(part, method, { value: watched });
		};
		for (const [encoder, part] of Object.entries(offloading.encoders)) watch(`release ${encoder}`, part, "release");
		watch("predict", offloading.denoiser, "predict");
		watch("release denoiser", offloading.denoiser, "release");
		watch("decode", offloading.vae, "decode");
		watch("release VAE", offloading.vae, "release");
		const expected = await kept.generate("a lighthouse", SMALL);
		for (let i = 0; i < 2; i++) {
			order.length = 0;
			const found = await offloading.generate("a lighthouse", SMALL);
			expect(found.images[0]!.data).toEqual(expected.images[0]!.data);
			const released = Object.keys(offloading.encoders).map((encoder) => `release ${encoder}`);
			// First what an earlier call may have kept; before the last decoding what a step's decoding may have loaded.
			const kept = ["release denoiser", "release VAE"];
			expect(order).toEqual([...kept, ...released, "predict", "predict", ...kept, "decode", "release VAE"]);
		}
	});

	test("frees the denoiser of a run that is stopped", async () => {
		await using pipeline = await open("sdxl", { offload: true });
		const released: string[] = [];
		const { release } = pipeline.denoiser;
		Object.defineProperty(pipeline.denoiser, "release", {
			value: () => {
				released.push("denoiser");
				return release.call(pipeline.denoiser);
			},
		});
		const stop = new AbortController();
		const onStep = () => {
			released.length = 0;
			stop.abort(new Error("enough"));
		};
		await expect(pipeline.generate("a boat", { ...SMALL, onStep, signal: stop.signal })).rejects.toThrow("enough");
		expect(released).toEqual(["denoiser"]);
	});

	test("is off by itself where all fits", async () => {
		await using pipeline = await open("sd1");
		expect(pipeline.offload).toBe(false);
	});
});

describe("openEncoders", () => {
	test.each(["sd1", "sdxl", "sd3", "sd3-without-t5", "flux"])("%s: without denoiser and VAE", async (name) => {
		const source = join(folder, `encoders-of-${name}`);
		await cp(fixture(name), source, { recursive: true });
		for (const part of ["unet", "transformer", "vae"])
			for (const file of ["", "-00001-of-00002", "-00002-of-00002"])
				await rm(join(source, part, `diffusion_pytorch_model${file}.safetensors`), { force: true });
		const { mix, encoders } = await openEncoders(source, { models });
		await using pipeline = await open(name);
		expect([mix, Object.keys(encoders)]).toEqual([pipeline.mix, Object.keys(pipeline.encoders)]);
		for (const [key, encoder] of Object.entries(encoders)) {
			expect(encoder.fingerprint).toBe(pipeline.encoders[key]!.fingerprint);
		}
	});

	test("with only: that one which chooses a coreset", async () => {
		const only = ({ mix }: FoundationModel) => [mix.features];
		const { mix, encoders } = await openEncoders(fixture("sd3"), { models, only });
		expect([mix.features, Object.keys(encoders)]).toEqual(["L", ["L"]]);
	});
});
