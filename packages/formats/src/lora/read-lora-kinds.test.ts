import { readFileSync } from "node:fs";
import { float32, sizeOf, type Tensor } from "@drum/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { type LoraModule, readLora } from "../index.ts";
import { type Family, Files, tinyModel } from "./testing/models.ts";

const files = new Files();
afterAll(() => files.close());

const filled = (...dims: number[]) => float32(new Float32Array(sizeOf(dims)).fill(0.5), dims);
const number = (value: number) => float32(Float32Array.of(value), []);
type Tensors = Record<string, Tensor>;
const read = async (tensors: Tensors, family: Family = "sd1", metadata?: Record<string, string>, config?: unknown) =>
	readLora(await files.write(tensors, metadata), await tinyModel(family), config);
const shapes = ({ ...module }: LoraModule) =>
	Object.fromEntries(Object.entries(module).map(([name, value]) => [name, shape(value)]));
const shape = (value: unknown): unknown => {
	if (Array.isArray(value)) return value.map(shape);
	return typeof value === "object" && value !== null && "dims" in value ? value.dims : value;
};
const only = async (tensors: Tensors, family?: Family) => {
	const { denoiser, unknown } = await read(tensors, family);
	expect(unknown).toEqual([]);
	return denoiser.map(shapes);
};

const LINEAR = "lora_unet_time_embedding_linear_1";
const KERNEL = "lora_unet_down_blocks_1_resnets_0_conv1";
const low = (name: string, down: number[], up: number[]): Tensors => ({
	[`${name}.lora_down.weight`]: filled(...down),
	[`${name}.lora_up.weight`]: filled(...up),
});

describe("LyCORIS", () => {
	test("LoCon has kernels, and may have a kernel between two factors", async () => {
		const path = "down_blocks.1.resnets.0.conv1";
		const plain = low(KERNEL, [2, 16, 3, 3], [32, 2, 1, 1]);
		expect(await only(plain)).toEqual([{ kind: "low-rank", path, scale: 1, down: [2, 16, 3, 3], up: [32, 2, 1, 1] }]);
		const mid = { ...low(KERNEL, [2, 16, 1, 1], [32, 2, 1, 1]), [`${KERNEL}.lora_mid.weight`]: filled(2, 2, 3, 3) };
		expect(await only({ ...mid, [`${KERNEL}.alpha`]: number(1) })).toEqual([
			{ kind: "low-rank", path, scale: 0.5, down: [2, 16, 1, 1], mid: [2, 2, 3, 3], up: [32, 2, 1, 1] },
		]);
	});

	test("a scalar multiplies the scale, and alphas may have any type", async () => {
		const pair = low(LINEAR, [2, 16], [64, 2]);
		const scaled = { ...pair, [`${LINEAR}.alpha`]: number(3), [`${LINEAR}.scalar`]: filled(1) };
		expect(await only(scaled)).toMatchObject([{ scale: 0.75 }]);
		const whole: Tensor = { type: "int64", dims: [], data: BigInt64Array.of(4n) };
		expect(await only({ ...pair, [`${LINEAR}.alpha`]: whole })).toMatchObject([{ scale: 2 }]);
		const half: Tensor = { type: "float16", dims: [1], data: Uint16Array.of(0x3c00) };
		expect(await only({ ...pair, [`${LINEAR}.alpha`]: half })).toMatchObject([{ scale: 0.5 }]);
	});

	test.each<[string, Tensors, unknown]>([
		[
			"both whole, whose alpha says nothing",
			{ w1: filled(8, 4), w2: filled(8, 4), alpha: number(1) },
			{ scale: 1, w1: [[8, 4]], w2: [[8, 4]] },
		],
		[
			"the second of two",
			{ w1: filled(8, 4), w2_a: filled(8, 2), w2_b: filled(2, 4), alpha: number(1) },
			{
				scale: 0.5,
				w2: [
					[8, 2],
					[2, 4],
				],
			},
		],
		[
			"both of two, where the second's rank counts",
			{ w1_a: filled(8, 1), w1_b: filled(1, 4), w2_a: filled(8, 2), w2_b: filled(2, 4), alpha: number(1) },
			{
				scale: 0.5,
				w1: [
					[8, 1],
					[1, 4],
				],
			},
		],
		[
			"the first of two",
			{ w1_a: filled(8, 4), w1_b: filled(4, 4), w2: filled(8, 4), alpha: number(1) },
			{ scale: 0.25 },
		],
		["without an alpha", { w1: filled(8, 4), w2_a: filled(8, 2), w2_b: filled(2, 4) }, { scale: 1 }],
	])("LoKr, %s", async (_, parts, expected) => {
		const tensors = Object.entries(parts).map(([name, tensor]) => [
			`${LINEAR}.${name === "alpha" ? "" : "lokr_"}${name}`,
			tensor,
		]);
		expect(await only(Object.fromEntries(tensors))).toMatchObject([
			{ kind: "kronecker", path: "time_embedding.linear_1", ...(expected as object) },
		]);
	});

	test("LoKr of convolutions", async () => {
		const lokr = (parts: Tensors) =>
			Object.fromEntries(Object.entries(parts).map(([name, tensor]) => [`${KERNEL}.lokr_${name}`, tensor]));
		const w1 = filled(4, 4);
		expect(await only(lokr({ w1, w2: filled(8, 4, 3, 3) }))).toMatchObject([{ w2: [[8, 4, 3, 3]] }]);
		expect(await only(lokr({ w1, w2_a: filled(8, 2), w2_b: filled(2, 36) }))).toMatchObject([
			{
				w2: [
					[8, 2],
					[2, 36],
				],
			},
		]);
		const between = { w1, w2_a: filled(2, 8), w2_b: filled(2, 4), t2: filled(2, 2, 3, 3) };
		expect(await only(lokr(between))).toMatchObject([
			{
				w2: [
					[2, 8],
					[2, 4],
				],
				t2: [2, 2, 3, 3],
			},
		]);
	});

	test("a LoKr of joined layers has the same factors and other rows for each", async () => {
		const tensors = {
			"diffusion_model.double_blocks.0.img_attn.qkv.lokr_w1": filled(4, 4),
			"diffusion_model.double_blocks.0.img_attn.qkv.lokr_w2": filled(24, 8),
		};
		const found = await only(tensors, "flux");
		expect(found.map(({ path, rows, w2 }) => [path, rows, w2])).toEqual([
			["transformer_blocks.0.attn.to_q", [[0, 32]], [[24, 8]]],
			["transformer_blocks.0.attn.to_k", [[32, 32]], [[24, 8]]],
			["transformer_blocks.0.attn.to_v", [[64, 32]], [[24, 8]]],
		]);
	});

	test("full differences of weights and biases are read, also next to factors", async () => {
		const path = "time_embedding.linear_1";
		const diff = { [`${LINEAR}.diff`]: filled(64, 16), [`${LINEAR}.diff_b`]: filled(64) };
		expect(await only(diff)).toEqual([{ kind: "difference", path, scale: 1, weight: [64, 16], bias: [64] }]);
		const beside = {
			...low(LINEAR, [2, 16], [64, 2]),
			[`${LINEAR}.alpha`]: number(1),
			[`${LINEAR}.diff_b`]: filled(64),
		};
		expect(await only(beside)).toMatchObject([
			{ kind: "low-rank", scale: 0.5 },
			{ kind: "difference", path, scale: 1, bias: [64] },
		]);
	});

	test("DoRA has a magnitude for each output, or for each input", async () => {
		const pair = low(LINEAR, [2, 16], [64, 2]);
		expect(await only({ ...pair, [`${LINEAR}.dora_scale`]: filled(64, 1) })).toMatchObject([{ magnitude: [64] }]);
		expect(await only({ ...pair, [`${LINEAR}.dora_scale`]: filled(1, 16) })).toMatchObject([{ magnitude: [1, 16] }]);
		const joined = low("lora_unet_double_blocks_0_txt_attn_qkv", [2, 32], [96, 2]);
		const outputs = { ...joined, "lora_unet_double_blocks_0_txt_attn_qkv.dora_scale": filled(96, 1) };
		expect(await only(outputs, "flux")).toMatchObject([{ magnitude: [32] }, { magnitude: [32] }, { magnitude: [32] }]);
		const inputs = { ...joined, "lora_unet_double_blocks_0_txt_attn_qkv.dora_scale": filled(1, 32) };
		await expect(read(inputs, "flux")).rejects.toThrow(/dora_scale: expected \[96,1\]/);
	});
});

test("matrices are accepted at 1 × 1 convolutions, and 1 × 1 kernels at linear layers", async () => {
	expect(await only(low("lora_unet_mid_block_attentions_0_proj_in", [2, 32], [32, 2]))).toMatchObject([
		{ down: [2, 32, 1, 1], up: [32, 2, 1, 1] },
	]);
	expect(
		await only(low("lora_unet_mid_block_attentions_0_proj_in", [2, 16, 1, 1], [16, 2, 1, 1]), "sdxl"),
	).toMatchObject([{ down: [2, 16], up: [16, 2] }]);
});

test.each<[Family, string, string, number[]]>([
	[
		"sd1",
		"input_blocks.1.1.transformer_blocks.0.attn1.to_q",
		"down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q",
		[16, 16],
	],
	["sd2", "output_blocks.2.1.proj_in", "up_blocks.1.attentions.0.proj_in", [16, 16]],
	["sdxl", "middle_block.1.proj_out", "mid_block.attentions.0.proj_out", [16, 16]],
	["sd3", "joint_blocks.1.x_block.mlp.fc1", "transformer_blocks.1.ff.net.0.proj", [128, 32]],
	["sd35", "joint_blocks.0.x_block.attn2.proj", "transformer_blocks.0.attn2.to_out.0", [32, 32]],
	["flux", "single_blocks.0.linear2", "single_transformer_blocks.0.proj_out", [32, 160]],
])("the authors' names with dots, as ComfyUI has them: %s, %s", async (family, name, path, [out, width]) => {
	const tensors = {
		[`diffusion_model.${name}.lora_A.weight`]: filled(2, width!),
		[`diffusion_model.${name}.lora_B.weight`]: filled(out!, 2),
	};
	expect(await read(tensors, family)).toMatchObject({ format: "ComfyUI", denoiser: [{ path }] });
});

test("OneTrainer's new names number the parts of joined layers", async () => {
	const names = ["double_blocks.1.img_attn.qkv.1", "single_blocks.0.linear1.3", "img_in.proj"].map(
		(name) => `transformer.${name}`,
	);
	const dims = [
		[32, 32],
		[128, 32],
		[32, 64],
	];
	const tensors = Object.assign({}, ...names.map((name, i) => low(name, [2, dims[i]![1]!], [dims[i]![0]!, 2])));
	const clip = low("clip_l.text_model.encoder.layers.0.mlp.fc1", [2, 32], [64, 2]);
	const t5 = low("t5.encoder.block.0.layer.0.SelfAttention.q", [2, 80], [32, 2]);
	const lora = await read({ ...tensors, ...clip, ...t5 }, "flux");
	expect(lora.denoiser.map(({ path }) => path).sort()).toEqual([
		"single_transformer_blocks.0.proj_mlp",
		"transformer_blocks.1.attn.to_k",
		"x_embedder",
	]);
	expect([lora.encoders.L, lora.encoders.T5].map((all) => all!.length)).toEqual([1, 1]);
});

test("Stable Diffusion 2 has one text encoder, with another name", async () => {
	const lora = await read(low("lora_te_text_model_encoder_layers_0_mlp_fc1", [2, 48], [96, 2]), "sd2");
	expect(lora.encoders.H).toMatchObject([{ path: "text_model.encoder.layers.0.mlp.fc1" }]);
});

test.each([
	["flux", "lora_te2_"],
	["flux", "lora_te3_"],
	["sd3", "lora_te3_"],
	["flux", "text_encoders.t5xxl.transformer."],
	["sd3", "text_encoder_3."],
] as const)("T5 in %s by %s", async (family, prefix) => {
	const path = "encoder.block.0.layer.0.SelfAttention.q";
	const name = prefix + (prefix.endsWith("_") ? path.replaceAll(".", "_") : path);
	expect((await read(low(name, [2, 80], [32, 2]), family)).encoders.T5).toMatchObject([{ path }]);
});

describe("PEFT's configuration next to a file", () => {
	interface Case {
		config: Record<string, unknown>;
		scales: Record<string, number>;
		shapes: Record<string, number[]>;
	}
	// Oracle: PEFT's own layers, by tooling/golden/lora_configs.py.
	const configs: Record<string, Case> = JSON.parse(
		readFileSync(new URL("fixtures/configs.json", import.meta.url), "utf8"),
	);

	test.each(Object.entries(configs))("%s", async (name, { config, scales, shapes: dims }) => {
		const tensors = Object.fromEntries(Object.entries(dims).map(([tensor, each]) => [tensor, filled(...each)]));
		const lora = await read(tensors, "sd1", {}, config);
		expect(lora.unknown).toEqual([]);
		const found = Object.fromEntries(lora.denoiser.map(({ path, scale }) => [path, scale]));
		expect(Object.keys(found).sort()).toEqual(Object.keys(scales).sort());
		for (const [path, scale] of Object.entries(scales)) expect(found[path], path).toBeCloseTo(scale, 12);
		const magnitudes = lora.denoiser.map((module) =>
			"magnitude" in module ? module.magnitude?.dims.length : undefined,
		);
		expect(magnitudes.every((length) => length === (name === "DoRA" ? 1 : undefined))).toBe(true);
		const biases = lora.denoiser.every((module) => "bias" in module && module.bias !== undefined);
		expect(biases).toBe(name === "with biases");
	});

	const tensors = low("conv_in", [2, 4, 3, 3], [16, 2, 1, 1]);
	test.each<[unknown, RegExp]>([
		["text", /adapter_config\.json next to .*: expected an object/],
		[{ peft_type: "IA3" }, /peft_type: expected LORA or LOKR, found "IA3"/],
		[{ init_lora_weights: "pissa_niter_4" }, /init_lora_weights/],
		[{ lora_alpha: "8" }, /lora_alpha: expected a number, found "8"/],
		[{ alpha_pattern: [1] }, /alpha_pattern: expected an object/],
		[{ alpha_pattern: { "(a+)+b": 1 } }, /alpha_pattern: expected paths of modules/],
		[{ rank_pattern: { conv_in: null } }, /rank_pattern/],
	])("%j is refused", async (config, message) => {
		await expect(read(tensors, "sd1", {}, config)).rejects.toThrow(message);
		await expect(read(tensors, "sd1", {}, config)).rejects.toMatchObject({ code: "checkpoint" });
	});

	test("the configuration in the metadata is also read, if it is JSON", async () => {
		const metadata = { lora_adapter_metadata: JSON.stringify({ r: 2, lora_alpha: 6 }) };
		expect((await read(tensors, "sd1", metadata)).denoiser).toMatchObject([{ scale: 3 }]);
		await expect(read(tensors, "sd1", { lora_adapter_metadata: "{" })).rejects.toThrow(
			/lora_adapter_metadata: expected JSON/,
		);
		await expect(read(tensors, "sd1", { lora_adapter_metadata: "[]" })).rejects.toThrow(/expected an object/);
	});

	test("a file's own alpha takes precedence over it", async () => {
		const lora = await read({ ...tensors, "conv_in.alpha": number(1) }, "sd1", {}, { r: 2, lora_alpha: 6 });
		expect(lora.denoiser).toMatchObject([{ scale: 0.5 }]);
	});
});
