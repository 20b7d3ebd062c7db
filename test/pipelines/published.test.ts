import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AutoencoderKL, type ModelFiles } from "@drum/diffusion";
import { CLIPTextEncoder } from "@drum/encoders-clip";
import { T5TextEncoder } from "@drum/encoders-t5";
import { FluxTransformer2D } from "@drum/pipelines-flux";
import { SD3Transformer2D, UNet2DCondition } from "@drum/pipelines-sd";
import { Checkpoint } from "@drum/tensor/node";
import { expandNames, type Shape, writeHoles } from "@drum/test-weights";
import { afterAll, describe, expect, test } from "vitest";

// Oracle: the published configurations, and the names and shapes that diffusers and transformers give them, by
// tooling/golden/published.py. The files have these headers and holes for weights: real sizes, and no room on the disk.

interface Published {
	/** Where the hub has the configuration. */
	source: string;
	class: string;
	config: unknown;
	/** `{0..9}` in a name stands for each of these numbers. */
	tensors: Shape[];
}

const published = fileURLToPath(new URL("../golden/fixtures/published", import.meta.url));
const components = (await readdir(published)).sort();
const folder = await mkdtemp(join(tmpdir(), "drum-published-"));
afterAll(() => rm(folder, { recursive: true }));

type Load = (files: ModelFiles & { checkpoint: Checkpoint }) => Promise<unknown>;
const encoder = ({ checkpoint, ...files }: Parameters<Load>[0]) => ({ ...files, weights: checkpoint });

const CLASSES: Readonly<Record<string, Load>> = {
	CLIPTextModel: (files) => CLIPTextEncoder.create(encoder(files)),
	CLIPTextModelWithProjection: (files) => CLIPTextEncoder.create(encoder(files)),
	T5EncoderModel: (files) => T5TextEncoder.create(encoder(files)),
	UNet2DConditionModel: (files) => UNet2DCondition.load(files),
	SD3Transformer2DModel: (files) => SD3Transformer2D.load(files),
	FluxTransformer2DModel: (files) => FluxTransformer2D.load(files),
	AutoencoderKL: (files) => AutoencoderKL.load(files),
};

async function holes(name: string, tensors: readonly Shape[]): Promise<Checkpoint> {
	const path = join(folder, `${name}.safetensors`);
	await writeHoles(path, tensors, "F16");
	return Checkpoint.open(path);
}

describe.each(components)("%s", (file) => {
	const {
		source,
		class: name,
		config,
		tensors: rows,
	}: Published = JSON.parse(readFileSync(join(published, file), "utf8"));
	const tensors = expandNames(rows);
	const load = CLASSES[name]!;

	test("is taken with exactly these names and shapes", async () => {
		await load({ name: source, config, checkpoint: await holes(file, tensors) });
	});

	test("is refused by name for a weight that is missing", async () => {
		const wanted = tensors.filter(([tensor]) => !/^(encoder|quant_conv)\./.test(tensor) || name !== "AutoencoderKL");
		const [missing] = wanted[Math.floor(wanted.length / 2)]!;
		const checkpoint = await holes(
			`${file}.less`,
			tensors.filter(([tensor]) => tensor !== missing),
		);
		await expect(load({ name: source, config, checkpoint })).rejects.toMatchObject({
			code: "checkpoint",
			message: expect.stringContaining(missing),
		});
	});
});

test.each(["stable-diffusion-v1-5", "stable-diffusion-xl-base-1.0"])("%s with nine channels inpaints", async (id) => {
	const text = readFileSync(join(published, `${id}.unet.json`), "utf8");
	const { source, config, tensors }: Published & { config: object } = JSON.parse(text);
	const nine = expandNames(tensors).map(([name, dims]): Shape => {
		return name === "conv_in.weight" ? [name, [dims[0]!, 9, ...dims.slice(2)]] : [name, dims];
	});
	const checkpoint = await holes(`${id}.nine`, nine);
	const unet = await UNet2DCondition.load({ name: source, config: { ...config, in_channels: 9 }, checkpoint });
	expect(unet).toMatchObject({ channels: 4, maskChannels: 5, warnings: [] });
});
