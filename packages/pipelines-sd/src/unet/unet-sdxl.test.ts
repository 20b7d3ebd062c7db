import { type DenoiserFeeds, timestepEmbedding } from "@drum/diffusion";
import { Graph, Session, Weights } from "@drum/graph";
import { parseUNetConfig, UNet2DCondition } from "@drum/pipelines-sd";
import { float32 } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { addedCondition } from "./added-condition.ts";
import { expectClose, filesOf, goldenNumbers, largestTolerance, rowsOf } from "./testing/fixtures.ts";
import { unet2DConditionModel } from "./unet.ts";

// Oracle: diffusers' UNet2DConditionModel on the same tiny checkpoint (tooling/golden/unet.py).

const { names, read: number } = await goldenNumbers();
const files = await filesOf("unet-sdxl");

/** Two pictures of one size, or one of them, each with two conditions, pooled conditions and time ids. */
async function feedsOf(size: string, timestep: number): Promise<DenoiserFeeds> {
	const sample = await number(`sdxl.${size}.sample`);
	const rows = 2 * sample.dims[0]!;
	return {
		sample,
		timestep,
		encoderHiddenStates: rowsOf(await number("sdxl.encoder_hidden_states"), 0, rows),
		pooledProjections: rowsOf(await number("sdxl.text_embeds"), 0, rows),
		timeIds: rowsOf(await number("sdxl.time_ids"), 0, rows),
	};
}

test("predicts the same as diffusers, for every size and timestep, for each picture with each of its conditions", async () => {
	await using unet = await UNet2DCondition.load(files);
	const outputs = names.filter((each) => each.startsWith("sdxl.") && each.endsWith(".output"));
	expect(outputs).toHaveLength(6);
	for (const name of outputs) {
		const [, size = "", timestep] = name.split(".");
		expectClose(await unet.predict(await feedsOf(size, Number(timestep))), await number(name), name);
	}
});

test("gives the same as diffusers after every block", async () => {
	const config = parseUNetConfig(files.config, files.name);
	const feeds = await feedsOf("wide", 500);
	const graph = new Graph({ name: files.name });
	const { parts } = unet2DConditionModel(new Weights(graph, files.checkpoint), config, {
		sample: graph.input("sample", "float32", [1, ...feeds.sample.dims.slice(1)]),
		timestep: graph.input("timestep", "float32", [1, 8]),
		added: graph.input("added", "float32", [1, 34]),
		encoderHiddenStates: graph.input("condition", "float32", [1, 77, 12]),
	});
	await using session = await Session.create(graph.build(parts));
	const added = addedCondition(config, feeds);
	expect(Object.keys(parts)).toHaveLength(10);
	for (let row = 0; row < 4; row++) {
		const found = await session.run({
			sample: rowsOf(feeds.sample, row % 2, (row % 2) + 1),
			timestep: float32(timestepEmbedding(500, 8, config), [1, 8]),
			added: rowsOf(added, row, row + 1),
			condition: rowsOf(feeds.encoderHiddenStates, row, row + 1),
		});
		for (const part of Object.keys(parts)) {
			const expected = rowsOf(await number(`sdxl.wide.${part}`), row, row + 1);
			expectClose(found[part]!, expected, `${part} of row ${row}`, largestTolerance(expected));
		}
	}
});

test("has the widths that it takes", async () => {
	await using unet = await UNet2DCondition.load(files);
	const { channels, sampleSize, multiple, width, pooledWidth } = unet;
	expect({ channels, sampleSize, multiple, width, pooledWidth }).toEqual({
		channels: 4,
		sampleSize: [16, 16],
		multiple: 1,
		width: 12,
		pooledWidth: 10,
	});
	await using sd1 = await UNet2DCondition.load(await filesOf("sd1/unet"));
	expect(sd1.pooledWidth).toBeUndefined();
});

describe("inputs that do not fit the conditions are refused", () => {
	const zeros = (...dims: number[]) => float32(new Float32Array(dims.reduce((a, b) => a * b)), dims);
	test.each<[string, Partial<DenoiserFeeds>, RegExp]>([
		["no pooled conditions", { pooledProjections: undefined }, /pooledProjections: expected \[2, 10\], found none/],
		["pooled conditions for some", { pooledProjections: zeros(1, 10) }, /pooledProjections.*\[2, 10\].*\[1, 10\]/],
		["pooled conditions of another width", { pooledProjections: zeros(2, 14) }, /pooledProjections.*\[2, 14\]/],
		["no time ids", { timeIds: undefined }, /timeIds: expected \[2, 6\], found none/],
		["the refiner's five time ids", { pooledProjections: zeros(2, 14), timeIds: zeros(2, 5) }, /pooledProjections/],
		["five time ids", { timeIds: zeros(2, 5) }, /timeIds: expected \[2, 6\], found \[2, 5\]/],
		["too few time ids", { timeIds: float32(new Float32Array(11), [2, 6]) }, /timeIds.*11/],
		[
			"a time id that is not a number",
			{ timeIds: float32(new Float32Array(12).fill(Number.NaN), [2, 6]) },
			/timeIds.*NaN/,
		],
		["a timestep that is not a number", { timestep: Number.NaN }, /timestep/],
		["a condition of another width", { encoderHiddenStates: zeros(2, 77, 13) }, /encoderHiddenStates/],
		["other channels", { sample: zeros(1, 3, 9, 7) }, /sample/],
	])("%s", async (_, wrong, message) => {
		await using unet = await UNet2DCondition.load(files);
		const predicting = unet.predict({ ...(await feedsOf("odd", 500)), ...wrong });
		await expect(predicting).rejects.toThrow(message);
		await expect(predicting).rejects.toMatchObject({ code: "argument" });
	});
});

test("a prediction cancelled between two conditions throws the signal's reason", async () => {
	await using unet = await UNet2DCondition.load(files);
	await unet.prepare(16, 16);
	const controller = new AbortController();
	const reason = new Error("enough");
	const predicting = unet.predict(await feedsOf("square", 1), { signal: controller.signal });
	setImmediate(() => controller.abort(reason));
	await expect(predicting).rejects.toBe(reason);
});

// https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/unet/config.json, which SDXL-Lightning shares.
const BASE = {
	_class_name: "UNet2DConditionModel",
	_diffusers_version: "0.19.0.dev0",
	act_fn: "silu",
	addition_embed_type: "text_time",
	addition_embed_type_num_heads: 64,
	addition_time_embed_dim: 256,
	attention_head_dim: [5, 10, 20],
	block_out_channels: [320, 640, 1280],
	center_input_sample: false,
	class_embed_type: null,
	class_embeddings_concat: false,
	conv_in_kernel: 3,
	conv_out_kernel: 3,
	cross_attention_dim: 2048,
	cross_attention_norm: null,
	down_block_types: ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
	downsample_padding: 1,
	dual_cross_attention: false,
	encoder_hid_dim: null,
	encoder_hid_dim_type: null,
	flip_sin_to_cos: true,
	freq_shift: 0,
	in_channels: 4,
	layers_per_block: 2,
	mid_block_only_cross_attention: null,
	mid_block_scale_factor: 1,
	mid_block_type: "UNetMidBlock2DCrossAttn",
	norm_eps: 1e-5,
	norm_num_groups: 32,
	num_attention_heads: null,
	num_class_embeds: null,
	only_cross_attention: false,
	out_channels: 4,
	projection_class_embeddings_input_dim: 2816,
	resnet_out_scale_factor: 1.0,
	resnet_skip_time_act: false,
	resnet_time_scale_shift: "default",
	sample_size: 128,
	time_cond_proj_dim: null,
	time_embedding_act_fn: null,
	time_embedding_dim: null,
	time_embedding_type: "positional",
	timestep_post_act: null,
	transformer_layers_per_block: [1, 2, 10],
	up_block_types: ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
	upcast_attention: null,
	use_linear_projection: true,
};

test.each([
	["SDXL base", BASE],
	[
		"SDXL-Turbo",
		{ ...BASE, attention_type: "default", dropout: 0.0, reverse_transformer_layers_per_block: null, sample_size: 64 },
	],
])("reads %s's published configuration", (name, json) => {
	const config = parseUNetConfig(json, name);
	expect(config).toMatchObject({
		sample_size: [json.sample_size, json.sample_size],
		cross_attention_dim: [2048, 2048, 2048],
		layers_per_block: [2, 2, 2],
		upcast_attention: false,
	});
});

test.each([
	["addition_time_embed_dim", null],
	["projection_class_embeddings_input_dim", null],
	["projection_class_embeddings_input_dim", 1536],
	["in_channels", 8],
	["time_cond_proj_dim", 3],
	["addition_embed_type", "image"],
	["transformer_layers_per_block", [[1], [2, 2], [4, 4]]],
])("a configuration with %s: %j is refused", (field, value) => {
	const parse = () => parseUNetConfig({ ...BASE, [field]: value }, "sdxl");
	expect(parse).toThrow(new RegExp(`${field === "in_channels" ? "out_channels" : field} of sdxl`));
	expect(parse).toThrow(expect.objectContaining({ code: "checkpoint" }));
});
