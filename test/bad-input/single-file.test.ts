import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PipelineOptions } from "@drum/pipeline";
import { Flux } from "@drum/pipelines-flux";
import { StableDiffusion } from "@drum/pipelines-sd";
import { float32, type Tensor } from "@drum/tensor";
import { writeSafetensors } from "@drum/tensor/node";
import { singleFileTensors, writeSingleFile } from "@drum/test-weights";
import { afterAll, describe, expect, test } from "vitest";

// Files that are no whole checkpoint: each is refused by a typed error that names it and the way out, before weights are loaded.

const fixture = (path: string) => fileURLToPath(new URL(`../golden/fixtures/${path}`, import.meta.url));
const root = await mkdtemp(join(tmpdir(), "drum-bad-file-"));
afterAll(() => rm(root, { recursive: true }));
const config = fixture("sd1");

let files = 0;
const fresh = (end = ".safetensors") => join(root, `${files++}${end}`);
const write = async (tensors: Record<string, Tensor>, end?: string) => {
	const path = fresh(end);
	await writeSafetensors(path, tensors);
	return path;
};
const ones = (...dims: number[]) => float32(new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1), dims);
const sd1 = await writeSingleFile(fresh(), "sd1");

const open = async (source: string, options: PipelineOptions = {}) => {
	const sd = await StableDiffusion.fromSingleFile(source, { config, ...options });
	await sd.release();
	return sd;
};
const refused = (source: string, options?: PipelineOptions) => expect(open(source, options)).rejects;

describe("a file", () => {
	test("that was cut off is named", async () => {
		const path = await writeSingleFile(fresh(), "sd1");
		await truncate(path, 300_000);
		await refused(path).toMatchObject({ code: "checkpoint", message: expect.stringContaining(path) });
	});

	test.each<[string, Record<string, Tensor>, string, string]>([
		["a LoRA", { "lora_unet_x.lora_down.weight": ones(1) }, "a LoRA", "loadLora"],
		["a ControlNet", { "control_model.time_embed.0.weight": ones(1) }, "a ControlNet", "leave it out"],
		["none that is known", { x: ones(1) }, "another file", "the file you meant"],
	])("that is %s is told from a model", async (_, tensors, found, next) => {
		const path = await write(tensors);
		await refused(path).toMatchObject({ code: "argument", what: path, found, next: expect.stringContaining(next) });
	});

	test("that is pickled is refused, and so is a folder", async () => {
		const path = fresh(".ckpt");
		await writeFile(path, "PK\u0003\u0004 archive/data.pkl");
		await refused(path).toMatchObject({ code: "argument", next: expect.stringContaining("can run code") });
		await refused(config).toMatchObject({ code: "argument", next: expect.stringContaining("fromPretrained") });
	});

	test("with a VAE alone is no model, and with a UNet alone lacks the rest, each named", async () => {
		const vae = await writeSingleFile(fresh(), "sd1", { without: ["unet", "text_encoder"] });
		await refused(vae).toMatchObject({ code: "checkpoint", what: vae, found: "a VAE of 4 channels" });
		const unet = await writeSingleFile(fresh(), "sd1", { without: ["vae", "text_encoder"], prefix: "" });
		await refused(unet).toMatchObject({
			code: "checkpoint",
			what: unet,
			expected: "Stable Diffusion 1 with its VAE, text encoder L",
			next: expect.stringContaining('vae: "…", encoders: { L: "…" }'),
		});
		await refused(unet, { vae }).toMatchObject({ expected: "Stable Diffusion 1 with its text encoder L" });
	});

	test("of SDXL's refiner, of another model and of another pipeline's class are refused by name", async () => {
		const block = "model.diffusion_model.input_blocks.";
		const refiner = await write({
			[`${block}0.0.weight`]: ones(8, 4, 3, 3),
			[`${block}4.1.transformer_blocks.0.attn2.to_k.weight`]: ones(8, 1280),
		});
		await expect(StableDiffusion.fromSingleFile(refiner)).rejects.toMatchObject({
			code: "checkpoint",
			found: "the UNet of Stable Diffusion XL's refiner alone",
		});
		const chroma = await write({ "distilled_guidance_layer.in_proj.bias": ones(8) });
		await refused(chroma).toMatchObject({ code: "argument", found: "Chroma" });
		await expect(Flux.fromSingleFile(sd1)).rejects.toMatchObject({
			code: "checkpoint",
			what: sd1,
			expected: "FluxPipeline",
			next: expect.stringContaining("StableDiffusion"),
		});
	});

	test("that lacks a weight names it as diffusers does", async () => {
		const tensors = await singleFileTensors("sd1");
		delete tensors["model.diffusion_model.middle_block.1.norm.weight"];
		const path = await write(tensors);
		await refused(path).toMatchObject({
			code: "checkpoint",
			what: expect.stringContaining("mid_block.attentions.0.norm.weight"),
		});
	});

	test("without configurations of its own size is measured by the published model's", async () => {
		await refused(sd1, { config: undefined }).toMatchObject({
			code: "checkpoint",
			expected: expect.stringContaining("["),
		});
	});
});

describe("a part given apart", () => {
	test("must be of that part", async () => {
		const vae = await writeSingleFile(fresh(), "sd1", { without: ["unet", "text_encoder"] });
		const encoder = join(config, "text_encoder/model.safetensors");
		await refused(sd1, { vae: encoder }).toMatchObject({ code: "argument", what: encoder });
		await refused(sd1, { encoders: { L: vae } }).toMatchObject({
			code: "checkpoint",
			what: `encoders.L ${vae}`,
			found: "a VAE of 4 channels",
		});
		await refused(sd1, { encoders: { T5: encoder } }).toMatchObject({ code: "argument", what: "encoders.T5" });
		for (const place of ["", 5, null]) {
			const encoders = { L: place as unknown as string };
			await refused(sd1, { encoders }).toMatchObject({ code: "argument", what: "encoders.L" });
		}
	});

	test("must fit the model", async () => {
		const channels = await write({
			"decoder.conv_in.weight": ones(8, 16, 3, 3),
			"decoder.mid.block_1.conv1.weight": ones(8, 8, 3, 3),
		});
		await refused(sd1, { vae: channels }).toMatchObject({
			code: "checkpoint",
			what: `vae ${channels}`,
			found: "a VAE of 16 channels",
		});
		await refused(sd1, { encoders: { L: join(fixture("sd2"), "text_encoder/model.safetensors") } }).toMatchObject({
			code: "checkpoint",
			what: expect.stringContaining("token_embedding"),
		});
	});
});

describe("what is left out is told", () => {
	test("options that say nothing of a file, or of a folder", async () => {
		const { warnings } = await open(sd1, { variant: "fp16", revision: "main" });
		expect(warnings.map(({ code, what }) => [code, what])).toEqual([
			["option-unused", "revision"],
			["option-unused", "variant"],
		]);
		const folder = await StableDiffusion.fromPretrained(config, { config, revision: "main" });
		expect(folder.warnings.map(({ code, what }) => [code, what])).toEqual([
			["option-unused", "config"],
			["option-unused", "revision"],
		]);
		await folder.release();
	});

	test("nothing, of a file whose denoiser alone has no prefix", async () => {
		const { warnings } = await open(await writeSingleFile(fresh(), "sd1", { prefix: "" }));
		expect(warnings).toEqual([]);
	});

	test("tensors that nobody knows, of a part and of none", async () => {
		const more = {
			"foo.bar": ones(1),
			"model.diffusion_model.input_blocks.9.odd": ones(1),
			"model_ema.decay": ones(1),
			"first_stage_model.loss.logvar": ones(1),
			"cond_stage_model.logit_scale": ones(1),
			sqrt_recipm1_alphas_cumprod: ones(4),
		};
		const { warnings } = await open(await writeSingleFile(fresh(), "sd1", { more }));
		expect(warnings.map(({ code }) => code)).toEqual(["weights-unused", "weights-unused"]);
		expect(warnings[0]!.message).toContain("no known part of a model: foo.bar.");
		expect(warnings[1]!.message).toContain("1 tensor was not used");
		expect(warnings[1]!.message).toContain("model.diffusion_model.input_blocks.9.odd");
	});
});
