import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadAutoencoder, toImages } from "@drum/diffusion";
import { readPngParameters, StableDiffusion, type Step } from "@drum/pipelines-sd";
import { float32, sizeOf } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { table, tableWeights } from "@drum/test-weights";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

// Oracle: AutoencoderTiny, which other tests compare with diffusers.

const fixtures = fileURLToPath(new URL("../../../test/golden/fixtures/", import.meta.url));
const SD1 = join(fixtures, "sd1");
const SMALL = { height: 32, width: 40, numInferenceSteps: 2, seed: 7 } as const;
const kinds: Record<string, { config: object; shapes: Record<string, number[]> }> = JSON.parse(
	await readFile(join(fixtures, "vae-tiny.json"), "utf8"),
);
const filling = {
	table: table(11),
	scaleOf: (_: string, dims: readonly number[]) => 2 ** -Math.round(Math.log2(sizeOf(dims.slice(1))) / 2),
};

let root: string;
beforeAll(async () => {
	root = await mkdtemp(join(tmpdir(), "other-vae-"));
});
afterAll(() => rm(root, { recursive: true }));

/** A tiny autoencoder in a repository of its own, as published. */
async function published(kind: string, changes: object = {}): Promise<string> {
	const folder = await mkdtemp(join(root, `${kind}-`));
	const { config, shapes } = kinds[kind]!;
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, ...changes }));
	await writeSafetensors(
		join(folder, "diffusion_pytorch_model.safetensors"),
		tableWeights(shapes, "float32", filling),
		{},
	);
	return folder;
}

test("a tiny autoencoder decodes instead of the checkpoint's VAE", async () => {
	const vae = await published("taesd");
	await using sd = await StableDiffusion.fromPretrained(SD1, { vae });
	let latents = new Float32Array();
	const onStep = (step: Step) => {
		latents = Float32Array.from(step.latents);
	};
	const { images, warnings } = await sd.generate("a lighthouse", { ...SMALL, onStep });
	expect(warnings).toEqual([]);
	const config = JSON.parse(await readFile(join(vae, "config.json"), "utf8"));
	const checkpoint = await Checkpoint.open(join(vae, "diffusion_pytorch_model.safetensors"));
	await using alone = await loadAutoencoder({ name: "alone", config, checkpoint });
	const [expected] = toImages(await alone.decode(float32(latents, [1, 4, 4, 5])));
	expect([images[0]!.width, images[0]!.height]).toEqual([40, 32]);
	expect(images[0]!.data).toEqual(expected!.data);
	expect(images[0]!.parameters).toMatchObject({ model: SD1, vae });
	expect(readPngParameters(await images[0]!.toPng())).toMatchObject({ model: "sd1", vae: basename(vae) });
	await using own = await StableDiffusion.fromPretrained(SD1);
	expect((await own.generate("a lighthouse", SMALL)).images[0]!.data).not.toEqual(expected!.data);
});

test("a tiny autoencoder shows a picture while it is drawn, and the checkpoint's VAE decodes it", async () => {
	const previewVae = await published("taesd");
	const config = JSON.parse(await readFile(join(previewVae, "config.json"), "utf8"));
	const checkpoint = await Checkpoint.open(join(previewVae, "diffusion_pytorch_model.safetensors"));
	await using alone = await loadAutoencoder({ name: "alone", config, checkpoint });
	await using own = await StableDiffusion.fromPretrained(SD1);
	const expected = await own.generate("a lighthouse", { ...SMALL, numImagesPerPrompt: 2 });
	for (const offload of [false, true]) {
		await using sd = await StableDiffusion.fromPretrained(SD1, { previewVae, offload });
		const previews: Uint8Array[] = [];
		const latents: Float32Array[] = [];
		const onStep = async (step: Step) => {
			for (const picture of [0, 1]) previews.push((await step.decode(picture)).data);
			await expect(step.decode(2)).rejects.toMatchObject({ code: "argument", what: "picture" });
			// After the last step no noise is left.
			latents.push(step.latents);
		};
		const { images } = await sd.generate("a lighthouse", { ...SMALL, numImagesPerPrompt: 2, onStep });
		expect(images.map(({ data }) => data)).toEqual(expected.images.map(({ data }) => data));
		const last = toImages(await alone.decode(float32(latents.at(-1)!, [2, 4, 4, 5])));
		const steps = latents.length;
		expect(previews.length).toBe(2 * steps);
		for (const [i, { data }] of last.entries())
			expect(Math.max(...data.map((byte, at) => Math.abs(byte - previews[2 * (steps - 1) + i]![at]!)))).toBeLessThan(2);
	}
});

test("without a VAE for previews, the pipeline's VAE decodes a step, until the call is cancelled", async () => {
	await using sd = await StableDiffusion.fromPretrained(SD1);
	const decoded: Uint8Array[] = [];
	const { images } = await sd.generate("a lighthouse", {
		...SMALL,
		scheduler: "euler",
		onStep: async (step) => decoded.push((await step.decode()).data),
	});
	const { data } = images[0]!;
	expect(Math.max(...decoded.at(-1)!.map((byte, i) => Math.abs(byte - data[i]!)))).toBeLessThan(2);
	const control = new AbortController();
	const reason = new Error("enough");
	const onStep = async (step: Step) => {
		control.abort(reason);
		await step.decode();
	};
	const cancelled = sd.generate("a lighthouse", { ...SMALL, onStep, signal: control.signal });
	await expect(cancelled).rejects.toBe(reason);
});

test("the VAE that decoded a step is freed with the models, also when the call is stopped", async () => {
	await using sd = await StableDiffusion.fromPretrained(SD1, { offload: true });
	const release = vi.spyOn(sd.vae, "release");
	const reason = new Error("enough");
	const onStep = async (step: Step) => {
		await step.decode();
		release.mockClear();
		throw reason;
	};
	await expect(sd.generate("a lighthouse", { ...SMALL, onStep })).rejects.toBe(reason);
	expect(release).toHaveBeenCalledOnce();
});

test("another checkpoint's VAE is found in its folder", async () => {
	// The same weights, with diffusers' newer names.
	await using sd = await StableDiffusion.fromPretrained(SD1, { vae: join(fixtures, "sd2"), variant: "fp16" });
	await using own = await StableDiffusion.fromPretrained(SD1, { variant: "fp16" });
	const [found, expected] = [await sd.generate("a lighthouse", SMALL), await own.generate("a lighthouse", SMALL)];
	expect(
		Math.max(...found.images[0]!.data.map((byte, i) => Math.abs(byte - expected.images[0]!.data[i]!))),
	).toBeLessThan(2);
});

test.each([
	["of a model of more channels", "taesd3", {}, "in_channels of ", "16, the VAE's latent_channels"],
	["of grey pictures", "taesd", { out_channels: 1 }, "out_channels of ", "3: red, green and blue"],
	["of another class", "taesd", { _class_name: "AsymmetricAutoencoderKL" }, "_class_name of ", "AutoencoderKL"],
])("one %s is refused before weights are loaded", async (_, kind, changes, what, expected) => {
	const vae = await published(kind, changes);
	for (const option of ["vae", "previewVae"]) {
		const opened = StableDiffusion.fromPretrained(SD1, { [option]: vae });
		await expect(opened).rejects.toMatchObject({ code: "checkpoint", what: expect.stringContaining(what) });
		await expect(opened).rejects.toMatchObject({ expected: expect.stringContaining(expected) });
	}
});

test("a place without one is refused by name", async () => {
	const opened = StableDiffusion.fromPretrained(SD1, { vae: join(root, "nowhere") });
	await expect(opened).rejects.toMatchObject({ code: "argument", what: expect.stringContaining("nowhere") });
	await writeFile(join(root, "model_index.json"), "{}");
	const without = StableDiffusion.fromPretrained(SD1, { vae: root });
	await expect(without).rejects.toMatchObject({ code: "file", what: expect.stringContaining("vae/config.json") });
});
