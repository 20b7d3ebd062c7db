import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UNet2DCondition } from "@drum/pipelines-sd";
import { float32, sizeOf, type Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { type Filling, table, tableSource } from "@drum/test-weights";
import { afterAll, describe, expect, test } from "vitest";
import { parseUNetConfig } from "./config.ts";
import { expectClose, largestTolerance } from "./testing/fixtures.ts";

// Oracle: diffusers 0.42.1's UNet2DConditionModel with the same synthetic weights, by tooling/golden/unet_kinds.py.

const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));
const numbers = await Checkpoint.open(`${fixtures}kinds.safetensors`);
const number = (name: string) => numbers.read(name) as Promise<Tensor<"float32">>;
const models: Record<string, { config: Record<string, unknown>; shapes: Record<string, number[]> }> = JSON.parse(
	await readFile(`${fixtures}kinds.json`, "utf8"),
);
const folder = await mkdtemp(join(tmpdir(), "unet-kinds-"));
afterAll(() => rm(folder, { recursive: true }));

const GUIDANCE = 6.5;
const filling: Filling = {
	table: table(11),
	scaleOf(name, dims) {
		if (dims.length === 1) return name.includes("norm") && name.endsWith("weight") ? 0 : 1 / 8;
		return 2 ** (1 - Math.round(Math.log2(sizeOf(dims.slice(1))) / 2));
	},
};

async function filesOf(kind: string) {
	const { config, shapes } = models[kind]!;
	await mkdir(join(folder, kind), { recursive: true });
	return { name: kind, config, checkpoint: await tableSource(join(folder, kind), shapes, "float32", filling) };
}

async function feedsOf(kind: string) {
	const encoderHiddenStates = await number(`${kind}.encoder_hidden_states`);
	return { sample: await number(`${kind}.sample`), encoderHiddenStates, guidance: GUIDANCE };
}

describe.each(Object.keys(models))("a UNet of the kind %s", (kind) => {
	test("predicts the same as diffusers, and uses every weight", async () => {
		await using unet = await UNet2DCondition.load(await filesOf(kind));
		for (const timestep of [1, 701]) {
			const expected = await number(`${kind}.${timestep}.output`);
			const found = await unet.predict({ ...(await feedsOf(kind)), timestep });
			expectClose(found, expected, kind, largestTolerance(expected));
		}
		expect(unet.warnings).toEqual([]);
	});

	test("predicts the same in the first step when cut for a branch of DeepCache", async () => {
		await using unet = await UNet2DCondition.load(await filesOf(kind));
		const expected = await number(`${kind}.701.output`);
		for (const branch of [0, Math.floor(unet.branches / 2), unet.branches - 1]) {
			await using calls = await unet.cached({ method: "deepcache", interval: 3, branch }, [0]);
			const found = await calls.predict({ ...(await feedsOf(kind)), timestep: 701 }, 0);
			expectClose(found, expected, `${kind} ${branch}`, largestTolerance(expected));
		}
	});
});

test("the guided kind depends on the guidance scale, and needs one", async () => {
	await using unet = await UNet2DCondition.load(await filesOf("guided"));
	expect(unet.takesGuidance).toBe(true);
	const feeds = { ...(await feedsOf("guided")), timestep: 701 };
	const [found, other] = [await unet.predict(feeds), await unet.predict({ ...feeds, guidance: 1 })];
	expect(other.data).not.toEqual(found.data);
	await expect(unet.predict({ ...feeds, guidance: undefined })).rejects.toThrow(/guidance: .* found nothing/);
});

test("sizes that a resnet halves must be even", async () => {
	await using unet = await UNet2DCondition.load(await filesOf("simple"));
	expect(unet.multiple).toBe(2);
	const sample = float32(new Float32Array(4 * 9 * 8), [1, 4, 9, 8]);
	const predicting = unet.predict({ ...(await feedsOf("simple")), sample, timestep: 1 });
	await expect(predicting).rejects.toThrow("multiples of 2");
});

test.each(["simple", "pixels"])("the kind %s refuses feedback", async (kind) => {
	await using unet = await UNet2DCondition.load(await filesOf(kind));
	const feeds = { ...(await feedsOf(kind)), timestep: 1 };
	const feedback = { liked: feeds.sample, encoderHiddenStates: feeds.encoderHiddenStates, weights: [] };
	await expect(unet.predictWithFeedback(feeds, feedback)).rejects.toThrow("predictWithFeedback");
});

describe("a UNet's config.json", () => {
	const read = (kind: string, change: object) => parseUNetConfig({ ...models[kind]!.config, ...change }, "unet");

	test("gives the condition's width, and ignores that of blocks without attention to it", () => {
		expect(read("simple", {}).conditionWidth).toBe(12);
		expect(read("guided", { cross_attention_dim: [99, 8] }).conditionWidth).toBe(8);
		expect(() => read("distilled", { cross_attention_dim: [99, 8] })).toThrow("one width");
	});

	test.each<[string, object]>([
		["attention_head_dim", { attention_head_dim: [9, 5] }],
		["reverse_transformer_layers_per_block", { reverse_transformer_layers_per_block: null }],
		["transformer_layers_per_block", { transformer_layers_per_block: [1, [2]] }],
		["reverse_transformer_layers_per_block", { reverse_transformer_layers_per_block: [[1, 1], 1] }],
		["conv_in_kernel", { conv_in_kernel: 2 }],
		["mid_block_type", { mid_block_type: "UNetMidBlock3D" }],
		["down_block_types.0", { down_block_types: ["KDownBlock2D", "DownBlock2D"] }],
		["class_embed_type", { class_embed_type: "timestep" }],
		["act_fn", { act_fn: "sine" }],
		["encoder_hid_dim", { encoder_hid_dim_type: "text_proj" }],
		["time_embedding_dim", { time_embedding_type: "fourier", time_embedding_dim: 15 }],
		["addition_embed_type_num_heads", { addition_embed_type: "text" }],
	])("is refused by name for %s: %j", (field, change) => {
		expect(() => read("distilled", change)).toThrow(`${field} of unet`);
	});
});
