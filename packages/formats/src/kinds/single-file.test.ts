import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Header, type ModelKind, readSingleFile } from "../index.ts";

type Shapes = Readonly<Record<string, readonly number[]>>;

const headerOf = (shapes: Shapes): Header => ({
	names: () => Object.keys(shapes),
	get: (name) => (Object.hasOwn(shapes, name) ? { dims: shapes[name]! } : undefined),
});
const below = (prefix: string, shapes: Shapes): Shapes =>
	Object.fromEntries(Object.entries(shapes).map(([name, dims]) => [prefix + name, dims]));
const read = (...shapes: Shapes[]) => readSingleFile(headerOf(Object.assign({}, ...shapes)));

// Names and shapes by which diffusers' single_file_utils.py tells models apart, as their published files have them.
const unet = (width: number, channels = 4): Shapes => ({
	"input_blocks.0.0.weight": [320, channels, 3, 3],
	"input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight": [640, width],
});
const CLIP: Shapes = { "text_model.embeddings.token_embedding.weight": [49408, 768] };
const openClip = (width: number): Shapes => ({
	"token_embedding.weight": [49408, width],
	"transformer.resblocks.0.attn.in_proj_weight": [3 * width, width],
});
const T5: Shapes = { "encoder.block.0.layer.0.SelfAttention.q.weight": [4096, 4096], "shared.weight": [32128, 4096] };
const vae = (channels: number): Shapes => ({
	"decoder.conv_in.weight": [512, channels, 3, 3],
	"decoder.mid.block_1.conv1.weight": [512, 512, 3, 3],
});
const sd3 = (...names: string[]): Shapes => ({
	"joint_blocks.0.context_block.adaLN_modulation.1.bias": [9216],
	...Object.fromEntries(names.map((name) => [`joint_blocks.0.x_block.${name}`, [64]])),
});
const flux = (channels: number, ...names: string[]): Shapes => ({
	"double_blocks.0.img_attn.norm.key_norm.scale": [128],
	"img_in.weight": [3072, channels],
	"vector_in.in_layer.weight": [3072, 768],
	...Object.fromEntries(names.map((name) => [name, [3072]])),
});

describe("a denoiser", () => {
	test.each<[ModelKind, Shapes]>([
		["sd1", unet(768)],
		["sd2", unet(1024)],
		["sdxl", unet(2048)],
		["sdxl-refiner", unet(1280)],
		["sd1-inpainting", unet(768, 9)],
		["sd2-inpainting", unet(1024, 9)],
		["sdxl-inpainting", unet(2048, 9)],
		["sd3-medium", sd3()],
		["sd3.5-medium", sd3("attn.ln_q.weight", "attn2.qkv.weight")],
		["sd3.5-large", sd3("attn.ln_q.weight")],
		["flux-dev", flux(64, "guidance_in.in_layer.weight")],
		["flux-schnell", flux(64)],
		["flux-fill", flux(384, "guidance_in.in_layer.weight")],
		["flux-depth", flux(128, "guidance_in.in_layer.weight")],
	])("of %s is recognised by its names and shapes, with and without a prefix", (kind, shapes) => {
		for (const prefix of ["model.diffusion_model.", ""]) {
			const { denoiser, vae, encoders } = read(below(prefix, shapes))!;
			expect(denoiser).toMatchObject({ kind, prefix, naming: "original" });
			expect([vae, encoders]).toEqual([undefined, {}]);
		}
	});

	test.each<[ModelKind, Shapes]>([
		[
			"sdxl",
			{
				"conv_in.weight": [320, 4, 3, 3],
				"time_embedding.linear_1.weight": [1280, 320],
				"down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight": [640, 2048],
			},
		],
		[
			"sd3.5-large",
			{
				"transformer_blocks.0.attn.add_q_proj.weight": [2432, 2432],
				"transformer_blocks.0.attn.norm_q.weight": [64],
				"pos_embed.proj.weight": [2432, 16, 2, 2],
				"time_text_embed.text_embedder.linear_1.weight": [2432, 2048],
			},
		],
		[
			"flux-schnell",
			{
				"transformer_blocks.0.attn.add_q_proj.weight": [3072, 3072],
				"x_embedder.weight": [3072, 64],
				"time_text_embed.text_embedder.linear_1.weight": [3072, 768],
			},
		],
	])("of %s by diffusers' names too", (kind, shapes) => {
		expect(read(shapes)!.denoiser).toMatchObject({ kind, prefix: "", naming: "diffusers" });
	});

	test("of another width is recognised by the text encoders in the same file", () => {
		const tiny = below("model.diffusion_model.", unet(32));
		expect(read(tiny, below("cond_stage_model.transformer.", CLIP))!.denoiser?.kind).toBe("sd1");
		expect(read(tiny, below("cond_stage_model.model.", openClip(32)))!.denoiser?.kind).toBe("sd2");
		const XL = below("conditioner.embedders.1.model.", openClip(32));
		expect(read(tiny, below("conditioner.embedders.0.transformer.", CLIP), XL)!.denoiser?.kind).toBe("sdxl");
		expect(read(tiny, below("conditioner.embedders.0.model.", openClip(32)))!.denoiser?.kind).toBe("sdxl-refiner");
		expect(read(tiny)).toBeUndefined();
	});

	test("that predicts v, with a last step of pure noise, is recognised by its keys", () => {
		const XL = below("model.diffusion_model.", unet(2048));
		expect(read(XL)!.denoiser).not.toHaveProperty("predictionType");
		expect(read(XL, { v_pred: [0] })!.denoiser).toMatchObject({
			predictionType: "v_prediction",
			zeroTerminalSnr: false,
		});
		expect(read(XL, { v_pred: [0], ztsnr: [0] })!.denoiser).toMatchObject({ zeroTerminalSnr: true });
	});
});

describe("a checkpoint in one file", () => {
	test("has its parts at their prefixes", () => {
		const file = read(
			below("model.diffusion_model.", sd3("attn.ln_q.weight")),
			below("first_stage_model.", vae(16)),
			below("text_encoders.clip_l.transformer.", CLIP),
			below("text_encoders.clip_g.transformer.", { "text_model.embeddings.token_embedding.weight": [49408, 1280] }),
			below("text_encoders.t5xxl.transformer.", T5),
		)!;
		expect(file.is).toBe("a checkpoint of Stable Diffusion 3.5 large in one file");
		expect(file.vae).toMatchObject({ prefix: "first_stage_model.", channels: 16, naming: "original" });
		expect(file.encoders).toMatchObject({
			L: { prefix: "text_encoders.clip_l.transformer.", naming: "diffusers" },
			bigG: { prefix: "text_encoders.clip_g.transformer.", naming: "diffusers" },
			T5: { prefix: "text_encoders.t5xxl.transformer.", naming: "diffusers" },
		});
	});

	test("of Stable Diffusion 2 has OpenCLIP's names", () => {
		const file = read(
			below("model.diffusion_model.", unet(1024)),
			below("first_stage_model.", vae(4)),
			below("cond_stage_model.model.", openClip(1024)),
		)!;
		expect(file).toMatchObject({ is: "a checkpoint of Stable Diffusion 2 in one file", denoiser: { kind: "sd2" } });
		expect(file.encoders).toEqual({
			H: { is: expect.any(String), prefix: "cond_stage_model.model.", naming: "original" },
		});
	});
});

describe("a part in its own file", () => {
	test.each<[string, Shapes, object]>([
		["the transformer of FLUX.1 schnell alone", flux(64), { encoders: {} }],
		["the UNet of Stable Diffusion XL alone", below("model.diffusion_model.", unet(2048)), { encoders: {} }],
		["the text encoder of CLIP ViT-L", CLIP, { encoders: { L: { prefix: "", naming: "diffusers" } } }],
		[
			"the text encoder of CLIP ViT-L",
			{ "embeddings.token_embedding.weight": [49408, 768] },
			{ encoders: { L: { prefix: "", naming: "diffusers" } } },
		],
		["the text encoder of OpenCLIP ViT-bigG", openClip(1280), { encoders: { bigG: { naming: "original" } } }],
		["the text encoder of OpenCLIP ViT-H", openClip(1024), { encoders: { H: { naming: "original" } } }],
		["a T5 encoder", T5, { encoders: { T5: { prefix: "", naming: "diffusers" } } }],
		["a VAE of 16 channels", vae(16), { vae: { prefix: "", channels: 16 } }],
		["a VAE of 4 channels", below("first_stage_model.", vae(4)), { vae: { prefix: "first_stage_model." } }],
	])("is %s", (is, shapes, parts) => {
		expect(read(shapes)).toMatchObject({ is, ...parts });
	});
});

test("unknown tensors are not recognised, whatever their names and shapes are", () => {
	const other = "model.diffusion_model.input_blocks.0.0.weight";
	const names = fc.oneof(fc.string(), fc.constantFrom(other, "decoder.conv_in.weight", "token_embedding.weight"));
	fc.assert(
		fc.property(fc.dictionary(names, fc.array(fc.nat(9), { maxLength: 4 })), (shapes) => {
			expect(read(shapes)).toBeUndefined();
		}),
	);
	const umt5 = { ...T5, "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight": [32, 64] };
	expect(read(umt5)).toBeUndefined();
	expect(read({ "decoder.conv_in.weight": [1, 2, 3, 3, 3], "decoder.mid.block_1.conv1.weight": [1] })).toBeUndefined();
});
