import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readPngParameters, StableDiffusion } from "@drum/pipelines-sd";
import { float32 } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// Oracle: a checkpoint that has this denoiser as its own.

const fixtures = fileURLToPath(new URL("../../../test/golden/fixtures/", import.meta.url));
const SD1 = join(fixtures, "sd1");
const WEIGHTS = "diffusion_pytorch_model.safetensors";
const SMALL = { height: 32, width: 40, numInferenceSteps: 2, seed: 7 } as const;

let root: string;
/** Stable Diffusion 1 without the weights of its UNet. */
let base: string;
beforeAll(async () => {
	root = await mkdtemp(join(tmpdir(), "other-denoiser-"));
	base = join(root, "base");
	await cp(SD1, base, { recursive: true });
	await rm(join(base, "unet", WEIGHTS));
});
afterAll(() => rm(root, { recursive: true }));

async function bytesOf(source: string, denoiser?: string, options: object = {}): Promise<Uint8Array> {
	await using sd = await StableDiffusion.fromPretrained(source, { denoiser, ...options });
	const { images } = await sd.generate("a lighthouse", SMALL);
	if (denoiser === undefined) return images[0]!.data;
	expect(images[0]!.parameters).toMatchObject({ model: source, denoiser });
	expect(readPngParameters(await images[0]!.toPng())).toMatchObject({ denoiser: basename(denoiser) });
	return images[0]!.data;
}

describe("a denoiser instead of the checkpoint's own", () => {
	test("is a file of weights with diffusers' names, and gets the checkpoint's configuration", async () => {
		const file = join(root, "sd_lightning_4step_unet.safetensors");
		await cp(join(SD1, "unet", WEIGHTS), file);
		expect(await bytesOf(base, file)).toEqual(await bytesOf(SD1));
	});

	test("is a folder of its own, with variants, or a checkpoint's folder", async () => {
		const alone = join(root, "lcm-alone");
		await cp(join(SD1, "unet"), alone, { recursive: true });
		const expected = await bytesOf(SD1);
		expect(await bytesOf(base, alone)).toEqual(expected);
		expect(await bytesOf(base, SD1)).toEqual(expected);
		const half = { variant: "fp16" };
		const whole = join(root, "whole");
		await cp(SD1, whole, { recursive: true });
		expect(await bytesOf(whole, alone, half)).toEqual(await bytesOf(SD1, undefined, half));
	});

	test("predicts velocities if its file has the key for it", async () => {
		const file = join(root, "v.safetensors");
		const weights = await Checkpoint.open(join(SD1, "unet", WEIGHTS));
		const all = await Promise.all(
			Array.from(weights.names(), async (name) => [name, await weights.read(name)] as const),
		);
		await writeSafetensors(file, { ...Object.fromEntries(all), v_pred: float32(new Float32Array(1), [1]) });
		const schedulerConfig = { prediction_type: "v_prediction" };
		const found = await bytesOf(base, file);
		expect(found).toEqual(await bytesOf(SD1, undefined, { schedulerConfig }));
		expect(found).not.toEqual(await bytesOf(SD1));
	});
});

describe("is refused, before anything is drawn:", () => {
	const opening = (denoiser: unknown) => StableDiffusion.fromPretrained(base, { denoiser: denoiser as string });

	test("a file of another part", async () => {
		const file = join(root, "vae.safetensors");
		await cp(join(SD1, "vae", WEIGHTS), file);
		await expect(opening(file)).rejects.toMatchObject({
			code: "checkpoint",
			what: `denoiser ${file}`,
			next: expect.stringContaining("as vae"),
		});
	});

	test("another model's", async () => {
		const file = join(root, "sdxl.safetensors");
		await cp(join(fixtures, "sdxl/unet", WEIGHTS), file);
		for (const place of [file, join(fixtures, "sdxl")])
			await expect(opening(place)).rejects.toMatchObject({ code: "checkpoint" });
		await expect(opening(file)).rejects.toMatchObject({
			next: expect.stringContaining(`same layers as that of ${base}`),
		});
		const flux = join(fixtures, "flux");
		await expect(opening(flux)).rejects.toMatchObject({ code: expect.stringMatching(/^(file|checkpoint)$/) });
	});

	test("a place without one, an empty folder, a number", async () => {
		const empty = join(root, "empty");
		await mkdir(empty);
		await expect(opening(join(root, "nowhere"))).rejects.toMatchObject({ code: "argument" });
		await expect(opening(empty)).rejects.toMatchObject({ code: "file" });
		await expect(opening(5)).rejects.toMatchObject({ code: "argument" });
	});

	test("diffusers' name of the option, with the right one", async () => {
		const named = StableDiffusion.fromPretrained(base, { unet: "x" } as object);
		await expect(named).rejects.toThrow(/Did you mean denoiser\?/);
	});
});
