import { DrumError, float32, MemoryBytes, sizeOf, type Tensor } from "@drum/tensor";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { readLora } from "../index.ts";
import { type Family, Files, tinyModel } from "./testing/models.ts";

const files = new Files();
afterAll(() => files.close());

const filled = (...dims: number[]) => float32(new Float32Array(sizeOf(dims)).fill(0.5), dims);
const number = (value: number) => float32(Float32Array.of(value), []);
type Tensors = Record<string, Tensor>;
const read = async (tensors: Tensors, family: Family = "sd1", metadata?: Record<string, string>, config?: unknown) =>
	readLora(await files.write(tensors, metadata), await tinyModel(family), config);

const Q = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
const KOHYA_Q = `lora_unet_${Q.replaceAll(".", "_")}`;
const pair = (name: string, out = 16, width = 16, rank = 2): Tensors => ({
	[`${name}.lora_down.weight`]: filled(rank, width),
	[`${name}.lora_up.weight`]: filled(out, rank),
});
const peft = (name: string, out = 16, width = 16, rank = 2): Tensors => ({
	[`${name}.lora_A.weight`]: filled(rank, width),
	[`${name}.lora_B.weight`]: filled(out, rank),
});

/** The error's code, and its message without the file's folder. */
async function faultOf(reading: Promise<unknown>): Promise<string> {
	const error = await reading.then(
		() => "none",
		(cause: unknown) => cause,
	);
	if (!DrumError.is(error)) throw new Error("no error, or none of these packages", { cause: error });
	return `${error.code}: ${error.message.replace(/^\S*?\d+\.safetensors/, "FILE")}`;
}

describe("tensors that do not fit are refused by name", () => {
	const down = `${KOHYA_Q}.lora_down.weight`;
	const up = `${KOHYA_Q}.lora_up.weight`;
	test.each<[string, Tensors, RegExp]>([
		["half of a pair", { [down]: filled(2, 16) }, /^checkpoint: FILE, tensor .*lora_down\.weight: .*second factor/],
		["the other half", { [up]: filled(16, 2) }, /tensor .*lora_up\.weight: .*first factor/],
		[
			"ranks that differ",
			{ ...pair(KOHYA_Q), [up]: filled(16, 3) },
			/lora_up\.weight: expected \[16,2\].*found \[16,3\]/,
		],
		["too many outputs", pair(KOHYA_Q, 32), /lora_up\.weight: expected \[16,2\] for down_blocks\.0.*found \[32,2\]/],
		["too many inputs", pair(KOHYA_Q, 16, 320), /lora_down\.weight: expected \[2,16\].*found \[2,320\]/],
		["a rank of zero", pair(KOHYA_Q, 16, 16, 0), /lora_down\.weight: expected at least one value, found \[0,16\]/],
		[
			"whole numbers",
			{ ...pair(KOHYA_Q), [down]: { type: "int8", dims: [2, 16], data: new Int8Array(32) } },
			/floating-point/,
		],
		[
			"an alpha that is none",
			{ ...pair(KOHYA_Q), [`${KOHYA_Q}.alpha`]: number(Number.NaN) },
			/\.alpha: expected a finite number, found NaN/,
		],
		[
			"several alphas",
			{ ...pair(KOHYA_Q), [`${KOHYA_Q}.alpha`]: filled(2) },
			/\.alpha: expected one number, found \[2\]/,
		],
		[
			"a truth value",
			{ ...pair(KOHYA_Q), [`${KOHYA_Q}.alpha`]: { type: "bool", dims: [], data: Uint8Array.of(1) } },
			/\.alpha: expected a number/,
		],
		["a layer twice", { ...pair(KOHYA_Q), ...peft(`unet.${Q}`) }, /expected each layer once, found .* too/],
		[
			"two adapters",
			{ ...peft(`unet.${Q}`), [`unet.${Q}.lora_A.other.weight`]: filled(2, 16) },
			/lora_A\.other\.weight.* too/,
		],
		["two methods", { ...pair(KOHYA_Q), [`${KOHYA_Q}.lokr_w1`]: filled(4, 4) }, /those of LoRA and of LoKr/],
		[
			"a LoKr of another size",
			{ [`${KOHYA_Q}.lokr_w1`]: filled(4, 4), [`${KOHYA_Q}.lokr_w2`]: filled(4, 5) },
			/\[16,16\].*\[4,4\] ⊗ \[4,5\]/,
		],
		["half a LoKr", { [`${KOHYA_Q}.lokr_w1`]: filled(4, 4) }, /tensor .*lokr_w1: .*lokr_w2/],
		[
			"half a LoKr's factor",
			{ [`${KOHYA_Q}.lokr_w1`]: filled(4, 4), [`${KOHYA_Q}.lokr_w2_a`]: filled(4, 1) },
			/lokr_w2_b/,
		],
		[
			"a factor whole and of two",
			{
				[`${KOHYA_Q}.lokr_w1`]: filled(4, 4),
				[`${KOHYA_Q}.lokr_w1_a`]: filled(4, 1),
				[`${KOHYA_Q}.lokr_w2`]: filled(4, 4),
			},
			/both/,
		],
		["a magnitude of another size", { ...pair(KOHYA_Q), [`${KOHYA_Q}.dora_scale`]: filled(5, 1) }, /dora_scale/],
		["a difference of another size", { [`${KOHYA_Q}.diff`]: filled(16, 8) }, /\.diff: expected \[16,16\]/],
	])("%s", async (_, tensors, message) => {
		expect(await faultOf(read(tensors))).toMatch(message);
	});

	test("kernels are accepted at convolutions", async () => {
		const name = "lora_unet_conv_in";
		const kernel = {
			[`${name}.lora_down.weight`]: filled(2, 4, 3, 3),
			[`${name}.lora_up.weight`]: filled(16, 2, 1, 1),
		};
		expect((await read(kernel)).denoiser).toMatchObject([{ path: "conv_in", down: { dims: [2, 4, 3, 3] } }]);
		expect(await faultOf(read(pair(name, 16, 4)))).toMatch(/lora_down\.weight: expected \[2,4,3,3\] for conv_in/);
		expect(await faultOf(read({ ...kernel, [`${name}.lora_mid.weight`]: filled(2, 2, 3, 3) }))).toMatch(/\[2,4,1,1\]/);
	});
});

describe("other files than a LoRA for this model are refused", () => {
	test.each([
		["LoHa", { [`${KOHYA_Q}.hada_w1_a`]: filled(16, 2) }],
		["GLoRA", { [`${KOHYA_Q}.a1.weight`]: filled(16, 2) }],
		["OFT", { [`${KOHYA_Q}.oft_blocks`]: filled(2, 8, 8) }],
		["BOFT", { [`unet.${Q}.boft_R`]: filled(2, 8, 8) }],
		["IA³", { [`${KOHYA_Q}.on_input`]: filled(1) }],
		["VeRA", { [`unet.${Q}.vera_lambda_b`]: filled(16) }],
		["AdaLoRA", { [`unet.${Q}.lora_E`]: filled(2, 1) }],
	])("%s, by name", async (method, tensors) => {
		const fault = await faultOf(read({ ...pair(KOHYA_Q), ...(tensors as Tensors) }));
		expect(fault).toContain(`expected a LoRA or a LoKr, found a ${method}`);
	});

	const XL = "lora_unet_input_blocks_8_1_transformer_blocks_9_attn2_to_k";
	const FLUX = "lora_unet_double_blocks_0_img_attn_qkv";
	const SD3 = "lora_unet_joint_blocks_0_x_block_attn_qkv";
	test.each<[Family, string, Tensors]>([
		["sd1", "Stable Diffusion XL", pair(XL, 1280, 2048)],
		[
			"sd1",
			"FLUX.1",
			{ ...pair("lora_te1_text_model_encoder_layers_0_self_attn_q_proj", 32, 32), ...pair(FLUX, 9216, 3072) },
		],
		["sd3", "FLUX.1", pair(FLUX, 9216, 3072)],
		["flux", "Stable Diffusion 3", pair(SD3, 4608, 1536)],
		[
			"flux",
			"Stable Diffusion 1",
			pair(`lora_unet_${"down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"}`, 320, 768),
		],
		[
			"sdxl",
			"Stable Diffusion 2",
			pair("lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k", 640, 1024),
		],
		["flux", "FLUX.2", peft("transformer.single_transformer_blocks.0.attn.to_qkv_mlp_proj", 64, 32)],
		["sd3", "Qwen-Image", peft("transformer.transformer_blocks.0.img_mlp.net.0.proj", 64, 32)],
		["sd1", "Stable Cascade", pair("lora_prior_unet_down_blocks_0_0_channelwise_0", 16, 16)],
	])("for %s, one of %s", async (family, found, tensors) => {
		expect(await faultOf(read(tensors, family))).toMatch(new RegExp(`found one for ${found.replace(".", "\\.")}`));
	});

	test("a control LoRA of FLUX", async () => {
		expect(await faultOf(read(peft("img_in", 32, 128), "flux"))).toMatch(/img_in\.lora_A.*\[2,64\].*control LoRA/);
	});

	test("names that no model has, with what the metadata says", async () => {
		expect(await faultOf(read(pair("lora_unet_other")))).toMatch(
			/the name of one of the model's layers, found none of it/,
		);
		const metadata = { "modelspec.architecture": "hunyuan-video" };
		expect(await faultOf(read(pair("lora_unet_other"), "sd1", metadata))).toContain("says hunyuan-video");
		expect(await faultOf(read({ "model.weight": filled(2, 2) }))).toContain(
			"expected tensors of a LoRA, found model.weight",
		);
		expect(await faultOf(read({}))).toContain("found none");
		expect(await faultOf(read({ "encoder.block.0.layer.0.SelfAttention.q.weight": filled(2, 2) }))).toContain(
			"found a T5 encoder",
		);
	});
});

test("tensors of no layer are reported, in the file's order, and nothing else is lost", async () => {
	const lora = await read({
		...pair(KOHYA_Q),
		"a.bundle_emb.thing": filled(2),
		...pair("lora_unet_down_blocks_0_elsewhere"),
		[`${KOHYA_Q}_norm.w_norm`]: filled(16),
		"lora_unet_conv_in.alpha": number(1),
	});
	expect(lora.denoiser.map(({ path }) => path)).toEqual([Q]);
	expect([...lora.unknown].sort()).toEqual(
		[
			"a.bundle_emb.thing",
			`${KOHYA_Q}_norm.w_norm`,
			"lora_unet_conv_in.alpha",
			"lora_unet_down_blocks_0_elsewhere.lora_down.weight",
			"lora_unet_down_blocks_0_elsewhere.lora_up.weight",
		].sort(),
	);
});

test("a few layers of a UNet may be for any of its families", async () => {
	const tensors = { ...pair("lora_unet_time_embedding_linear_1", 32, 8), ...pair("lora_unet_down_blocks_0_other") };
	expect((await read(tensors, "sdxl")).unknown).toHaveLength(2);
	expect((await read({ ...pair(KOHYA_Q), ...pair("lora_unet_down_blocks_0_other") })).unknown).toHaveLength(2);
	expect(await faultOf(read(pair("lora_unet_down_blocks_0_other"), "flux"))).toContain(
		"found one for Stable Diffusion 1, 2 or XL",
	);
});

test("a LoRA of only FLUX's double blocks fits FLUX, although Stable Diffusion 3 has the same names", async () => {
	const known = "transformer.transformer_blocks.0.attn.to_q";
	const lora = await read({ ...peft(known, 32, 32), ...peft("transformer.other", 32, 32) }, "flux");
	expect([lora.denoiser.length, lora.unknown.length]).toEqual([1, 2]);
});

test("a part that its module does not use is reported", async () => {
	const lora = await read({ [`${KOHYA_Q}.diff`]: filled(16, 16), [`${KOHYA_Q}.dora_scale`]: filled(16, 1) });
	expect(lora.denoiser).toMatchObject([{ kind: "difference", weight: { dims: [16, 16] } }]);
	expect(lora.unknown).toEqual([`${KOHYA_Q}.dora_scale`]);
});

test("a name without a prefix that fits two text encoders is used for neither", async () => {
	const name = "base_model.model.text_model.encoder.layers.0.self_attn.q_proj";
	expect((await read(peft(name, 32, 32))).encoders.L).toHaveLength(1);
	expect(await faultOf(read(peft(name, 32, 32), "sdxl"))).toContain("the name of one of the model's layers");
});

test("each tensor of any file belongs to a layer or is reported, or the file is refused", async () => {
	const modules = fc.constantFrom(
		KOHYA_Q,
		`unet.${Q}`,
		"lora_unet_conv_in",
		"lora_te_text_model_encoder_layers_0_mlp_fc1",
		"x",
	);
	const endings = fc.constantFrom(
		".lora_down.weight",
		".lora_up.weight",
		".alpha",
		".lora_A.weight",
		".lora_B.weight",
		".dora_scale",
		".diff",
		".diff_b",
		".lokr_w1",
		".lokr_w2",
		"",
	);
	const dims = fc.constantFrom([2, 16], [16, 2], [16, 16], [], [1], [4, 4], [2, 4, 3, 3], [16, 2, 1, 1], [0, 2]);
	const model = await tinyModel("sd1");
	await fc.assert(
		fc.asyncProperty(
			fc.dictionary(
				fc.tuple(modules, endings).map((parts) => parts.join("")),
				dims,
				{ maxKeys: 6 },
			),
			async (shapes) => {
				const tensors = Object.fromEntries(Object.entries(shapes).map(([name, each]) => [name, filled(...each)]));
				const file = {
					name: "made",
					metadata: {},
					names: () => Object.keys(tensors),
					get: (name: string) => {
						const tensor = tensors[name];
						const file = new MemoryBytes(name, new Uint8Array());
						return tensor && { file, offset: 0, type: tensor.type, dims: tensor.dims, length: 4 * sizeOf(tensor.dims) };
					},
					read: async (name: string) => tensors[name]!,
				};
				const lora = await readLora(file, model).catch((error: unknown) => {
					if (DrumError.is(error) && error.code === "checkpoint") return undefined;
					throw error;
				});
				if (!lora) return;
				const taken = JSON.stringify([lora.denoiser, lora.encoders]);
				for (const name of Object.keys(tensors)) {
					const isNumber = /\.alpha$/.test(name);
					expect(lora.unknown.includes(name) || isNumber || taken.includes(JSON.stringify(name)), name).toBe(true);
				}
			},
		),
		{ numRuns: 300 },
	);
});
