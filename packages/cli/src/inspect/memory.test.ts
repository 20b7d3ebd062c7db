import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadAutoencoder } from "@drum/diffusion";
import type { WeightUse } from "@drum/graph";
import { openRepository, pickWeights } from "@drum/hub";
import { DiffusionPipeline, smallFiles } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { Checkpoint } from "@drum/tensor/node";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { drum, fixtureFolder } from "../testing/command.ts";
import { type PublishedComponent, writePublished } from "../testing/published.ts";

// Oracles: the hub's sizes of the published files; peaks measured with the published sizes on a CPU; what a pipeline itself decides.

const machine = vi.hoisted(() => ({ bytes: 64e9 }));
vi.mock("node:os", async (original) => ({ ...(await original<object>()), totalmem: () => machine.bytes }));

let folder: string;
let published: Record<"sd1" | "sdxl" | "sd35" | "flux", string>;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "memory-"));
	published = { sd1: await writeSD1(), sdxl: await writeSDXL(), sd35: await writeSD35(), flux: await writeFlux() };
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
	vi.restoreAllMocks();
	machine.bytes = 64e9;
});

const copies = (from: string, parts: Readonly<Record<string, Omit<PublishedComponent, "list">>>) =>
	Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, { list: `${from}.${name}`, ...part }]));

/** A checkpoint in a folder of its own, with the tokenizers and the scheduler of a tiny one. */
async function write(
	tiny: string,
	pipeline: string,
	parts: Readonly<Record<string, PublishedComponent | string>>,
): Promise<string> {
	const target = await mkdtemp(join(folder, `${tiny}-`));
	await cp(fixtureFolder(tiny), target, { recursive: true, filter: (path) => !/\.safetensors/.test(path) });
	return writePublished(target, pipeline, parts);
}

const writeSD1 = () =>
	write(
		"sd1",
		"StableDiffusionPipeline",
		copies("stable-diffusion-v1-5", { text_encoder: { type: "F32" }, unet: { type: "F32" }, vae: { type: "F32" } }),
	);

const fp16 = { type: "F16", variant: "fp16" } as const;
const writeSDXL = () =>
	write(
		"sdxl",
		"StableDiffusionXLPipeline",
		copies("stable-diffusion-xl-base-1.0", { text_encoder: fp16, text_encoder_2: fp16, unet: fp16, vae: fp16 }),
	);

/** The encoders have a variant, the others have none. */
const writeSD35 = () =>
	write("sd35", "StableDiffusion3Pipeline", {
		...copies("stable-diffusion-3-medium", {
			text_encoder: fp16,
			text_encoder_2: fp16,
			text_encoder_3: { ...fp16, shards: 2 },
			vae: { type: "BF16" },
		}),
		...copies("stable-diffusion-3.5-large", { transformer: { type: "BF16", shards: 2 } }),
	});

const writeFlux = () =>
	write("flux", "FluxPipeline", {
		scheduler: "FlowMatchEulerDiscreteScheduler",
		...copies("FLUX.1-dev", { text_encoder: { type: "BF16" } }),
		text_encoder_2: { list: "stable-diffusion-3-medium.text_encoder_3", type: "BF16", shards: 2 },
		tokenizer: "CLIPTokenizer",
		tokenizer_2: "T5TokenizerFast",
		...copies("FLUX.1-dev", { transformer: { type: "BF16", shards: 3 }, vae: { type: "BF16" } }),
	});

async function report(...argv: string[]) {
	const { code, stdout, stderr } = await drum(["inspect", ...argv, "--json"]);
	expect(code, stderr).toBe(0);
	return JSON.parse(stdout);
}

function expectNear(found: number, measured: number, share: number): void {
	expect(Math.abs(found / measured - 1), `${found} for ${measured}`).toBeLessThan(share);
}

describe("the size of a published checkpoint", () => {
	type Component = { name: string; weights: { parameters: number; files: string[] } };
	const named = (components: Component[]) => Object.fromEntries(components.map((each) => [each.name, each]));

	it("is told of every shard", async () => {
		const { components, downloadBytes } = await report(published.flux);
		const { transformer, text_encoder_2 } = named(components);
		// total_size of the two indexes.
		expect(transformer!.weights.parameters * 2).toBe(23_802_816_640);
		expect(text_encoder_2!.weights.parameters * 2).toBe(9_524_621_312);
		expectNear(downloadBytes, 23_802_816_640 + 9_524_621_312 + 246_144_152 + 167_666_902, 1e-4);
	});

	it("is told of a variant's files, and of plain ones where a part has no variant", async () => {
		const { components, memory } = await report(published.sd35, "--variant", "fp16");
		const { transformer, text_encoder_3, vae } = named(components);
		expect(text_encoder_3!.weights.files).toEqual([
			"text_encoder_3/model.fp16-00001-of-00002.safetensors",
			"text_encoder_3/model.fp16-00002-of-00002.safetensors",
		]);
		expect(transformer!.weights.files).toHaveLength(2);
		expect(vae!.weights.files).toEqual(["vae/diffusion_pytorch_model.safetensors"]);
		expect(memory).toBeDefined();
	});
});

describe("the forecast", () => {
	const TABLE = /embed_tokens|shared|token_embedding|relative_attention_bias|pos_embed\.pos_embed/;
	const TRANSFORMER = "transformer/diffusion_pytorch_model.safetensors";
	const sum = (all: readonly number[]) => all.reduce((total, each) => total + each, 0);
	it("counts every weight that a run holds in float32, and tables as they are stored", async () => {
		const checkpoint = fixtureFolder("sd3");
		const held = async (path: string, counts = /./) => {
			const weights = await Checkpoint.open(join(checkpoint, path));
			const bytes = [...weights.names()].map((name) => {
				const { dims, length } = weights.get(name)!;
				const table = TABLE.test(name);
				if (!counts.test(name)) return 0;
				return table ? length : 4 * dims.reduce((product, extent) => product * extent, 1);
			});
			return sum(bytes);
		};
		const encoders = await Promise.all(["", "_2", "_3"].map((end) => held(`text_encoder${end}/model.safetensors`)));
		const { memory } = await report(checkpoint);
		const { denoiserActivationBytes, decoderActivationBytes, processBytes } = memory;
		const [{ encoderBytes, denoiserBytes, decoderBytes, keptBytes, offloadBytes, diskBytes }] = memory.forecasts;
		expect(memory).toMatchObject({ height: 128, width: 128 });
		expect(encoderBytes).toBe(sum(encoders));
		expect(denoiserBytes).toBe(await held(TRANSFORMER));
		expect(decoderBytes).toBe(await held("vae/diffusion_pytorch_model.safetensors", /^(decoder|post_quant_conv)\./));
		const denoising = denoiserBytes + denoiserActivationBytes;
		const decoding = decoderBytes + decoderActivationBytes;
		expect(keptBytes).toBe(processBytes + encoderBytes + denoising + decoding);
		// Nothing here is as large as what the C library gives back.
		const tables = await Promise.all(
			["", "_2", "_3"].map((end) => held(`text_encoder${end}/model.safetensors`, TABLE)),
		);
		const stays = [encoderBytes - sum(tables), denoiserBytes - (await held(TRANSFORMER, TABLE)), decoderBytes] as const;
		const whileDenoising = Math.max(stays[0] - stays[1], 0) + denoising;
		const whileDecoding = Math.max(...stays) + decoderActivationBytes;
		const peaks = [encoderBytes, whileDenoising, whileDecoding];
		expect(offloadBytes).toBe(processBytes + Math.max(...peaks));
		expect(diskBytes).toBe(0);
		// From a picture its encoder too, between the texts and the denoiser.
		const [{ imageEncoderBytes, keptFromImageBytes, offloadFromImageBytes }] = memory.forecasts;
		expect(imageEncoderBytes).toBe(await held("vae/diffusion_pytorch_model.safetensors", /^(encoder|quant_conv)\./));
		const beginning = imageEncoderBytes + memory.imageActivationBytes;
		expect(keptFromImageBytes).toBe(keptBytes + beginning);
		expect(offloadFromImageBytes).toBeGreaterThanOrEqual(offloadBytes);
		expect(offloadFromImageBytes).toBeLessThan(offloadBytes + beginning);
	});

	it("is near what was measured of a whole run of Stable Diffusion 1.5", async () => {
		const { memory } = await report(published.sd1);
		expectNear(memory.forecasts[0].keptBytes, 5406 * 2 ** 20, 0.03);
		expectNear(memory.decoderActivationBytes, 1.01e9, 0.1);
		expectNear(memory.imageActivationBytes, 559e6, 0.1);
	});

	it("is near what was measured of SDXL's denoiser at 1024 × 1024", async () => {
		const { memory } = await report(published.sdxl, "--variant", "fp16");
		const { processBytes, denoiserActivationBytes, forecasts } = memory;
		expect(memory).toMatchObject({ height: 1024, width: 1024 });
		expectNear(processBytes + forecasts[0].denoiserBytes + denoiserActivationBytes, 10_905_144 * 2 ** 10, 0.02);
	});

	it("is near what was measured of three of FLUX's blocks at 1024 × 1024", async () => {
		const { memory } = await report(published.flux);
		expectNear(memory.denoiserActivationBytes, 4.266e9 - 0.16e9 - 4 * 687_139_904, 0.05);
	});

	it("quantises the denoiser, T5 and in int8 the VAE and CLIP", async () => {
		const { memory } = await report(published.flux);
		const [stored, int8, int4] = memory.forecasts;
		// A byte a weight, and of the 3.2 billion that take one row a scale for 64.
		expectNear(int8.denoiserBytes, 11_901_408_320 + 3.2e9 / 16, 3e-3);
		expect(int8.diskBytes).toBeGreaterThan(int4.diskBytes);
		const clip = await report(join(published.flux, "text_encoder"));
		expect(clip.files[0].weights.parameters).toBe(123_060_480);
		const t5 = 4_762_310_656 - 32_128 * 4096;
		const tables = (49_408 + 77) * 768;
		const ofClip = 4 * tables + (123_060_480 - tables);
		expectNear(int8.encoderBytes, ofClip + 2 * 32_128 * 4096 + t5 * (1 + 4 / 64), 0.02);
		expectNear(int8.decoderBytes, stored.decoderBytes / 4, 0.02);
		expect(int4.decoderBytes).toBe(stored.decoderBytes);
		const sd1 = (await report(published.sd1)).memory.forecasts;
		expect(sd1[2].encoderBytes).toBe(sd1[0].encoderBytes);
	});
});

describe.each([
	["sd1", "unet", undefined],
	["sdxl", "unet", "fp16"],
	["sd35", "transformer", "fp16"],
	["flux", "transformer", undefined],
] as const)("the quantised weights of %s", (name, denoiser, variant) => {
	/** The checkpoint in `folder`, which notes what a model multiplies with, and how. */
	async function noting(checkpoint: string, folder: string) {
		const repository = await openRepository(checkpoint);
		const stem = folder.startsWith("text") ? "model" : "diffusion_pytorch_model";
		const weights = await Checkpoint.open(await pickWeights(repository, folder, stem, variant));
		const asked = new Map<string, WeightUse>();
		const get = (tensor: string) => weights.get(tensor);
		// A run that draws encodes no pictures.
		const isDrawing = (tensor: string) => folder !== "vae" || !/^(encoder|quant_conv)\./.test(tensor);
		const isFeature = (tensor: string) => tensor === "text_projection.weight";
		const quantized = (tensor: string, use: WeightUse) => {
			// It is checked with a picture of one latent, which is one row.
			if (isDrawing(tensor) && !isFeature(tensor))
				asked.set(tensor, folder === "vae" ? { ...use, oneRow: false } : use);
			return undefined;
		};
		/** Matrices in blocks: a byte for each weight, and a float32 for 64. */
		const inBlocks = ([rows = 0, columns = 0, ...others]: readonly number[]) =>
			others.length === 0 && Math.min(rows, columns) >= 128 && columns % 64 === 0 ? rows * (columns + columns / 16) : 0;
		/** A byte for each weight, and a float32 for each output; few weights that take one row are not held so. */
		const inChannels = (dims: readonly number[], { oneRow, parts = 1 }: WeightUse) => {
			const [rows = 0, inputs = 0, kernel = 1] = dims;
			const size = dims.reduce((product, extent) => product * extent, 1);
			if (oneRow) return size > 2 ** 22 ? inBlocks(dims) : 0;
			return Math.min(rows / parts, inputs) >= 32 && kernel <= 3 ? size + 4 * rows : 0;
		};
		const bytes = (form: (dims: readonly number[], use: WeightUse) => number) =>
			[...asked].reduce((sum, [tensor, use]) => sum + form(weights.get(tensor)!.dims, use), 0);
		const source = { name: folder, get, names: () => weights.names(), quantized };
		return { source, inBlocks: () => bytes(inBlocks), inChannels: () => bytes(inChannels) };
	}

	it("are what its models multiply with", async () => {
		const checkpoint = await runnable(published[name], variant);
		const { pipeline, memory } = await report(checkpoint, ...(variant ? ["--variant", variant] : []));
		const model = [...STABLE_DIFFUSION, ...FLUX].find((each) => each.pipeline === pipeline)!;
		const configOf = (folder: string) => JSON.parse(readFileSync(join(checkpoint, folder, "config.json"), "utf8"));
		const noted = await noting(checkpoint, denoiser);
		await model.denoiser.load({ name, config: configOf(denoiser), checkpoint: noted.source }, {});
		const vae = await noting(checkpoint, "vae");
		await loadAutoencoder({ name, config: configOf("vae"), checkpoint: vae.source }, {});
		let expected = noted.inChannels() + vae.inChannels();
		for (const [encoder, place] of Object.entries(model.encoders)) {
			const { source, inBlocks, inChannels } = await noting(checkpoint, place.folder);
			const opened = await place.open(smallFiles(await openRepository(checkpoint)));
			const settings = { name, skips: [-1], device: "cpu", threads: undefined, maxSequenceLength: 256 } as const;
			// Only shapes are looked at.
			await opened.create(source as unknown as Checkpoint, settings);
			expected += encoder === "T5" ? inBlocks() : inChannels();
		}
		expect(memory.forecasts[1].diskBytes).toBe(expected);
	});
});

describe("what to do on this machine", () => {
	const INT8 = { fits: true, dtype: "int8" };
	it.each([
		[100e9, { fits: true, dtype: "auto", offload: false, text: "fits" }],
		[70e9, { fits: true, dtype: "auto", offload: true, text: "fits with --offload (chosen by itself)" }],
		[40e9, { ...INT8, offload: false, text: "fits with --dtype int8" }],
		[24e9, { ...INT8, offload: true, text: "fits with --dtype int8 and --offload (chosen by itself)" }],
		[16e9, { ...INT8, dtype: "int4", offload: true }],
		[12e9, { fits: false, text: "does not fit" }],
	])("of %d bytes, for FLUX.1-dev", async (bytes, advice) => {
		machine.bytes = bytes;
		vi.spyOn(process, "constrainedMemory").mockReturnValue(0);
		const { memory } = await report(published.flux);
		expect(memory).toMatchObject({ machineBytes: bytes, usableBytes: 0.75 * bytes, advice });
	});

	it("is what a container leaves", async () => {
		vi.spyOn(process, "constrainedMemory").mockReturnValue(24e9);
		expect((await report(published.flux)).memory).toMatchObject({ machineBytes: 24e9, advice: { dtype: "int8" } });
	});

	it.each(["auto", "int8", "int4"] as const)("is what the pipeline chooses by itself with %s", async (dtype) => {
		vi.spyOn(process, "constrainedMemory").mockReturnValue(0);
		const { forecasts } = (await report(published.flux)).memory;
		const { keptBytes, keptFromImageBytes } = forecasts.find((each: { dtype: string }) => each.dtype === dtype);
		const source = await runnable(published.flux);
		const offloads = async (usable: number) => {
			machine.bytes = usable / 0.75;
			const models = [...STABLE_DIFFUSION, ...FLUX];
			await using pipeline = await DiffusionPipeline.fromPretrained(source, { models, dtype });
			return [pipeline.offload, pipeline.offloadFromImage];
		};
		expect(await offloads(keptFromImageBytes + 1)).toEqual([false, false]);
		expect(await offloads(keptBytes + 1)).toEqual([false, true]);
		expect(await offloads(keptBytes - 1)).toEqual([true, true]);
	});
});

/** Gives a checkpoint's shards the indexes that a pipeline reads. */
async function runnable(checkpoint: string, variant?: string): Promise<string> {
	const { components } = await report(checkpoint, ...(variant ? ["--variant", variant] : []));
	for (const { name, weights } of components) {
		if ((weights?.files.length ?? 0) < 2) continue;
		const headers = await Promise.all(weights.files.map((file: string) => Checkpoint.open(join(checkpoint, file))));
		const map = headers.flatMap((header: Checkpoint, i: number) =>
			[...header.names()].map((tensor) => [tensor, weights.files[i].split("/").at(-1)]),
		);
		const stem = weights.files[0].split("/").at(-1).split("-")[0];
		const index = JSON.stringify({ weight_map: Object.fromEntries(map) });
		await writeFile(join(checkpoint, name, `${stem}.safetensors.index.json`), index);
	}
	return checkpoint;
}

it("is shown in the README as it is told", async () => {
	machine.bytes = 34.4e9;
	vi.spyOn(process, "constrainedMemory").mockReturnValue(0);
	const { stdout } = await drum(["inspect", published.flux]);
	const readme = readFileSync(fileURLToPath(new URL("../../README.md", import.meta.url)), "utf8");
	expect(readme).toContain(stdout.replace(published.flux, "black-forest-labs/FLUX.1-dev"));
});
