import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DiffusionPipeline, openParts, usableMemory } from "@drum/pipeline";
import {
	DrUM,
	encodePng,
	type GenerateOptions,
	type Image,
	STABLE_DIFFUSION,
	StableDiffusion,
	type Step,
} from "@drum/pipelines-sd";
import { sizeOf } from "@drum/tensor";
import { writeSafetensors } from "@drum/tensor/node";
import { table, tableWeights } from "@drum/test-weights";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

// test/golden/pictures-in.test.ts compares the numbers with diffusers.

const fixtures = fileURLToPath(new URL("../../../test/golden/fixtures/", import.meta.url));
const FEW = { numInferenceSteps: 3, strength: 0.7, seed: 7 } as const;

function picture(width: number, height: number, colour = (i: number) => (i * 37) % 256): Image {
	return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => colour(i)) };
}
const image = picture(40, 32);
/** White in the right half. */
const mask = picture(40, 32, (i) => (Math.floor(i / 3) % 40 < 20 ? 0 : 255));

let sd: StableDiffusion;
let inpainting: string;
let root: string;
beforeAll(async () => {
	root = await mkdtemp(join(tmpdir(), "pictures-in-"));
	inpainting = join(root, "inpaint");
	await cp(`${fixtures}sd1`, inpainting, { recursive: true, filter: (path) => !path.endsWith("/unet") });
	await cp(`${fixtures}sd1-inpaint`, inpainting, { recursive: true });
	sd = await StableDiffusion.fromPretrained(`${fixtures}sd1`);
});
afterAll(async () => {
	await sd.release();
	await rm(root, { recursive: true });
});

const drawn = async (
	options: GenerateOptions,
	prompt: string | string[] = "a lighthouse",
	pipeline: DiffusionPipeline = sd,
) => (await pipeline.generate(prompt, { ...FEW, ...options })).images.map(({ data }) => data);

describe("from a picture", () => {
	test("each of several seeds gives the same as alone, with a mask too", async () => {
		for (const more of [{}, { mask }]) {
			const together = await drawn({ image, ...more, seed: [5, 6], numImagesPerPrompt: 2 });
			for (const [i, seed] of [5, 6].entries()) expect(together[i]).toEqual((await drawn({ image, ...more, seed }))[0]);
		}
	});

	test("each prompt gets its own picture and mask", async () => {
		const other = { image: picture(40, 32, (i) => 255 - (i % 200)), mask: picture(40, 32, (i) => (i < 960 ? 255 : 0)) };
		const prompts = ["a lighthouse", "a boat"];
		const seed = [1, 2, 3, 4];
		const options = { image: [image, other.image], mask: [mask, other.mask], seed, numImagesPerPrompt: 2 };
		const together = await drawn(options, prompts);
		const apart = [
			...(await drawn({ image, mask, seed: [1, 2], numImagesPerPrompt: 2 }, prompts[0])),
			...(await drawn({ ...other, seed: [3, 4], numImagesPerPrompt: 2 }, prompts[1])),
		];
		expect(together).toEqual(apart);
	});

	test("the size is the picture's own, rounded down, unless it is given", async () => {
		const sizeOf = async (options: GenerateOptions) => {
			const { images, warnings } = await sd.generate("a star", { ...FEW, numInferenceSteps: 2, ...options });
			return [images[0]!.width, images[0]!.height, ...warnings.map(({ code, what }) => `${code} ${what}`)];
		};
		expect(await sizeOf({ image: picture(47, 33) })).toEqual([40, 32]);
		expect(await sizeOf({ image: picture(47, 33), width: 24 })).toEqual([24, 32]);
		expect(await sizeOf({ image: picture(9, 9), width: 32, height: 24 })).toEqual([32, 24]);
		// The tiny model was trained for 128 × 128.
		expect(await sizeOf({ image: picture(600, 300) })).toEqual([176, 88, "size-rounded image"]);
		await expect(sizeOf({ image: picture(40, 7) })).rejects.toThrow(
			/^image: expected at least 8 pixels along each side/,
		);
	});

	test("a file, its bytes and its pixels draw the same, and a warning names transparent ones", async () => {
		const path = join(root, "image.png");
		await writeFile(path, await encodePng(image));
		const [expected] = await drawn({ image });
		expect(await drawn({ image: path })).toEqual([expected]);
		expect(await drawn({ image: await readFile(path) })).toEqual([expected]);
		const clear = { width: 40, height: 32, data: new Uint8Array(40 * 32 * 4) };
		const { images, warnings } = await sd.generate("a star", { ...FEW, image: clear, mask: clear });
		expect(warnings.map(({ code, what }) => [code, what])).toEqual([
			["transparency", "image"],
			["transparency", "mask"],
			["option-unused", "mask"],
		]);
		const white = picture(40, 32, () => 255);
		const black = picture(40, 32, () => 0);
		expect(images[0]!.data).toEqual((await drawn({ image: white, mask: black }, "a star"))[0]);
	});

	test("there is a warning for a mask without white, or with white only between the latents", async () => {
		const told = async (given: Image) =>
			(await sd.generate("a star", { ...FEW, image, mask: given })).warnings.map(({ what }) => what);
		expect(await told(picture(40, 32, () => 0))).toEqual(["mask"]);
		// One white pixel that is not the upper left pixel of a latent.
		expect(await told(picture(40, 32, (i) => (Math.floor(i / 3) === 3 * 40 + 3 ? 255 : 0)))).toEqual(["mask"]);
		expect(await told(mask)).toEqual([]);
	});

	test("a picture records the strength, and nothing about the picture that it began from", async () => {
		const path = join(root, "private.png");
		await writeFile(path, await encodePng(image));
		const { images } = await sd.generate("a star", { ...FEW, image: path });
		expect(images[0]!.parameters).toMatchObject({ strength: 0.7, numInferenceSteps: 3 });
		expect(JSON.stringify(images[0]!.parameters)).not.toContain("private");
	});

	test("a profile changes it, and a low strength keeps the picture", async () => {
		await using drum = await DrUM.attach(sd, { adapters: `${fixtures}adapters` });
		const profile = await drum.profile([{ prompt: "a red cat" }]);
		const options = { ...FEW, image, mask, profile, alpha: 0.7 };
		const { images } = await drum.generate("a star", options);
		expect(images[0]!.data).not.toEqual((await drawn({ image, mask }, "a star"))[0]);
		const condition = await drum.condition("a star", { profile, alpha: 0.7 });
		expect(images[0]!.data).toEqual((await sd.generate(condition, { ...FEW, image, mask })).images[0]!.data);
		await expect(drum.generate("a star", { ...options, image: join(root, "none.png") })).rejects.toMatchObject({
			code: "file",
		});
	});

	test("steps, previews and progress count only the steps that run", async () => {
		const steps: string[] = [];
		const previews: Image[] = [];
		const onStep = (step: Step) => {
			steps.push(`${step.step} of ${step.steps}`);
			previews.push(step.preview());
		};
		const done: number[] = [];
		const options = { image, scheduler: "ddim", numInferenceSteps: 10, strength: 0.35, seed: 1 } as const;
		await sd.generate("a star", {
			...options,
			onStep,
			onProgress: (progress) => progress.station === "denoised" && done.push(progress.total),
		});
		expect(steps).toEqual(["1 of 3", "2 of 3", "3 of 3"]);
		expect(done).toEqual([3, 3, 3]);
		expect([previews[0]!.width, previews[0]!.height]).toEqual([5, 4]);
	});

	test("the picture is the same when models are freed in between, and after a call that was stopped early", async () => {
		await using frugal = await StableDiffusion.fromPretrained(`${fixtures}sd1`, { offload: true });
		const [expected] = await drawn({ image, mask });
		expect(await drawn({ image, mask }, "a lighthouse", frugal)).toEqual([expected]);
		const reason = new Error("enough");
		await expect(drawn({ image, signal: AbortSignal.abort(reason) }, "a star", frugal)).rejects.toBe(reason);
		expect(await drawn({ image, mask }, "a lighthouse", frugal)).toEqual([expected]);
	});

	test("models are freed only for the VAE's encoder if only that does not fit into memory", async () => {
		const parts = await openParts(`${fixtures}sd1`, STABLE_DIFFUSION, {});
		expect(parts.keptFromImage).toBeGreaterThan(parts.kept!);
		await using narrow = new DiffusionPipeline({
			...parts,
			kept: usableMemory() - 1000,
			keptFromImage: usableMemory() + 1000,
		});
		const freed = vi.spyOn(narrow.denoiser, "release");
		await narrow.generate("a lighthouse", { numInferenceSteps: 1, height: 32, width: 32 });
		expect(freed).not.toHaveBeenCalled();
		expect(await drawn({ image }, "a lighthouse", narrow)).toEqual(await drawn({ image }));
		// What the call before kept, and what this call loaded.
		expect(freed).toHaveBeenCalledTimes(2);
	});

	test("a tiny autoencoder, which has no distribution of latents, can begin one too", async () => {
		const kinds = JSON.parse(await readFile(`${fixtures}vae-tiny.json`, "utf8"));
		const folder = join(root, "taesd");
		await mkdir(folder);
		await writeFile(join(folder, "config.json"), JSON.stringify(kinds.taesd.config));
		const scaleOf = (_: string, dims: readonly number[]) => 2 ** -Math.round(Math.log2(sizeOf(dims.slice(1))) / 2);
		const weights = tableWeights(kinds.taesd.shapes, "float32", { table: table(11), scaleOf });
		await writeSafetensors(join(folder, "diffusion_pytorch_model.safetensors"), weights, {});
		await using tiny = await StableDiffusion.fromPretrained(`${fixtures}sd1`, { vae: folder });
		const [first, again] = [await drawn({ image }, "a star", tiny), await drawn({ image }, "a star", tiny)];
		expect(first).toEqual(again);
		expect(first).not.toEqual(await drawn({ image }, "a star"));
	});
});

test("what a mask keeps is the same whatever is drawn next to it, in previews from the first step on", async () => {
	const stepsOf = async (prompt: string) => {
		const steps: { latents: number[]; preview: Image }[] = [];
		const onStep = (step: Step) => void steps.push({ latents: [...step.latents], preview: step.preview() });
		await sd.generate(prompt, { ...FEW, strength: 1, image, mask, onStep });
		return steps;
	};
	// Rows have 5 latents, and 5 pixels in previews. The first 3 are kept.
	const isKept = (column: number) => column % 5 < 3;
	const [one, other] = [await stepsOf("a star"), await stepsOf("a boat")];
	for (const [i, { latents, preview }] of one.entries()) {
		const kept = (values: ArrayLike<number>, each = 1) =>
			Array.from(values).filter((_, at) => isKept(Math.floor(at / each)));
		expect(kept(latents)).toEqual(kept(other[i]!.latents));
		expect(latents).not.toEqual(other[i]!.latents);
		expect(kept(preview.data, 3)).toEqual(kept(one.at(-1)!.preview.data, 3));
	}
});

describe("is refused before anything is loaded", () => {
	const latents = { type: "float32", dims: [1, 4, 4, 5], data: new Float32Array(80) } as const;

	test.each<[string, GenerateOptions, RegExp]>([
		["a mask alone", { mask }, /^mask: expected none without an image, found a mask\. Give an image too/],
		["a strength alone", { strength: 0.5 }, /^strength: expected none without an image, found 0.5/],
		["latents too", { image, latents }, /^image and latents: expected one of them, found both/],
		["a strength of 0", { image, strength: 0 }, /^strength: expected a number above 0, up to 1, found 0/],
		["a strength above 1", { image, strength: 1.1 }, /^strength/],
		["a strength that is not a number", { image, strength: Number.NaN }, /^strength/],
		[
			"a strength below one step",
			{ image, strength: 0.2, numInferenceSteps: 4 },
			/^strength: expected at least 0.25, so that at least one of 4 steps runs/,
		],
		[
			"pictures for other prompts",
			{ image: [image, image] },
			/^image: expected one for all prompts, or a list with one for each, 1, found 2/,
		],
		["a number", { image: 7 as never }, /^image: expected a path, a file's bytes/],
		["a list of numbers", { image: [7] as never }, /^image 1: expected a path/],
		["a mask that is no picture", { image, mask: {} as never }, /^mask: expected a path/],
	])("%s", async (_, options, message) => {
		const drawing = sd.generate("a star", { numInferenceSteps: 3, ...options });
		await expect(drawing).rejects.toThrow(message);
		await expect(drawing).rejects.toMatchObject({ code: "argument" });
	});

	test("a strength and a denoisingEnd that leave no step", async () => {
		await using xl = await StableDiffusion.fromPretrained(`${fixtures}sdxl`);
		const options = { numInferenceSteps: 10, denoisingEnd: 0.2 };
		await expect(xl.generate("a star", { ...options, image, strength: 0.3 })).rejects.toThrow(
			/^strength and denoisingEnd: expected a part of the schedule with a step in it, found none: it ends at 0.2 .* strength 0.3/,
		);
		const alone = xl.generate("a star", { ...options, denoisingEnd: 1e-6, height: 32, width: 32 });
		await expect(alone).rejects.toThrow(/^denoisingEnd: expected a part of the schedule with a step in it/);
		await expect(alone).rejects.toMatchObject({ code: "argument" });
		expect((await xl.generate("a star", { ...options, image, strength: 0.9 })).images).toHaveLength(1);
	});

	test("a strength below one step, and the error names one that draws a step", async () => {
		const drawing = sd.generate("a star", { image, numInferenceSteps: 49, strength: 1 / 49 });
		await expect(drawing).rejects.toThrow(
			/^strength: expected at least 0.0205, so that at least one of 49 steps runs.*\. Use a higher strength, or more steps$/,
		);
		const { images } = await sd.generate("a star", { image, numInferenceSteps: 49, strength: 0.0205 });
		expect(images).toHaveLength(1);
	});

	test("FLUX Fill, and the error says what to open instead", async () => {
		const folder = join(root, "fill");
		await mkdir(folder);
		await writeFile(join(folder, "model_index.json"), '{ "_class_name": "FluxFillPipeline" }');
		const opening = StableDiffusion.fromPretrained(folder);
		await expect(opening).rejects.toMatchObject({ code: "checkpoint", found: "FluxFillPipeline" });
		await expect(opening).rejects.toThrow(/FLUX Fill takes the picture as channels.*FLUX.1-dev/);
	});

	test("an inpainting checkpoint without a picture or a mask, and the error says what it needs", async () => {
		await using filling = await StableDiffusion.fromPretrained(inpainting);
		expect(filling.denoiser).toMatchObject({ channels: 4, maskChannels: 5 });
		await expect(filling.generate("a star")).rejects.toThrow(/^image and mask: expected both.*found neither/);
		await expect(filling.generate("a star", { image })).rejects.toThrow(/^image and mask.*found no mask/);
		await filling.checkOptions({ image, mask });
	});
});
