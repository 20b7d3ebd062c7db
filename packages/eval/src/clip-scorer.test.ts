import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CLIPImageEncoder, CLIPTextEncoder, type ImagePixels } from "@drum/encoders-clip";
import { ArgumentError, CheckpointError, float32 } from "@drum/tensor";
import { writeSafetensors } from "@drum/tensor/node";
import { type Shapes, table, tableWeights } from "@drum/test-weights";
import { afterAll, describe, expect, test } from "vitest";
import { CLIPScorer, clipSimilarities } from "./index.ts";

// Oracle: the two encoders by themselves, which are held to transformers' numbers where they live, and cosines of their features.

const WIDTH = 16;
const CONFIG = {
	projection_dim: 12,
	text_config: {
		...{ vocab_size: 1000, hidden_size: WIDTH, intermediate_size: 24, num_hidden_layers: 1, num_attention_heads: 2 },
		eos_token_id: 2,
	},
	vision_config: {
		...{ hidden_size: WIDTH, intermediate_size: 24, num_hidden_layers: 1, num_attention_heads: 2 },
		...{ image_size: 16, patch_size: 8 },
	},
};

const linear = (name: string, out: number, width: number): Shapes => ({
	[`${name}.weight`]: [out, width],
	[`${name}.bias`]: [out],
});
const norm = (name: string): Shapes => ({ [`${name}.weight`]: [WIDTH], [`${name}.bias`]: [WIDTH] });
const layer = (tower: string): Shapes => {
	const at = `${tower}.encoder.layers.0`;
	const projections = ["q", "k", "v", "out"].map((name) => linear(`${at}.self_attn.${name}_proj`, WIDTH, WIDTH));
	const mlp = { ...linear(`${at}.mlp.fc1`, 24, WIDTH), ...linear(`${at}.mlp.fc2`, WIDTH, 24) };
	return Object.assign({}, ...projections, mlp, norm(`${at}.layer_norm1`), norm(`${at}.layer_norm2`)) as Shapes;
};
const SHAPES: Shapes = {
	"text_model.embeddings.token_embedding.weight": [1000, WIDTH],
	"text_model.embeddings.position_embedding.weight": [77, WIDTH],
	...layer("text_model"),
	...norm("text_model.final_layer_norm"),
	"text_projection.weight": [12, WIDTH],
	"vision_model.embeddings.class_embedding": [WIDTH],
	"vision_model.embeddings.patch_embedding.weight": [WIDTH, 3, 8, 8],
	"vision_model.embeddings.position_embedding.weight": [5, WIDTH],
	...norm("vision_model.pre_layrnorm"),
	...layer("vision_model"),
	...norm("vision_model.post_layernorm"),
	"visual_projection.weight": [12, WIDTH],
};

const folder = await mkdtemp(join(tmpdir(), "eval-"));
afterAll(() => rm(folder, { recursive: true }));
await cp(fileURLToPath(new URL("../../../test/golden/fixtures/sd1/tokenizer/", import.meta.url)), folder, {
	recursive: true,
});
await writeFile(join(folder, "config.json"), JSON.stringify(CONFIG));
await writeFile(join(folder, "preprocessor_config.json"), JSON.stringify({ size: 16, crop_size: 16 }));
const scaleOf = (name: string) => (/norm\d?\.weight$/.test(name) ? 0 : 0.5);
const weights = tableWeights(SHAPES, "float32", { table: table(11), scaleOf });
await writeSafetensors(join(folder, "model.safetensors"), weights);

const picture = (seed: number): ImagePixels => ({
	...{ width: 20, height: 17 },
	data: Uint8Array.from({ length: 20 * 17 * 3 }, (_, i) => (i * seed * 7) % 256),
});
const USER = {
	targets: ["a red cat", "the sea at night"],
	history: [{ prompt: "a blue dog", intensity: 0.5 }, { prompt: "old houses" }, { prompt: "a red cat", intensity: 0 }],
};
const PICTURES = [picture(3), picture(11)];
const scorer = await CLIPScorer.fromPretrained(folder);
afterAll(() => scorer.release());

describe("CLIP score", () => {
	test("is the towers' similarity to the own target, and the mean over the history with its intensities", async () => {
		const text = await CLIPTextEncoder.fromPretrained(folder);
		await using images = await CLIPImageEncoder.fromPretrained(folder);
		const prompts = [...USER.targets, ...USER.history.map(({ prompt }) => prompt)];
		const { features } = await text.encode(prompts);
		await text.release();
		const all = clipSimilarities(await images.encode(PICTURES), features!);
		const [first, second] = [all[0]!, all[1]!];
		const found = await scorer.clipScore(PICTURES, await scorer.user(USER));
		expect(found.target).toBeCloseTo((first[0]! + second[1]!) / 2, 4);
		const history = (row: number[]) => (0.5 * row[2]! + row[3]!) / 3;
		expect(found.history).toBeCloseTo((history(first) + history(second)) / 2, 4);
		expect(Math.abs(first[0]! - second[0]!)).toBeGreaterThan(0.1);
	});

	test("is the same again after a release, and for a user encoded once", async () => {
		const user = await scorer.user(USER);
		const before = await scorer.clipScore(PICTURES, user);
		await scorer.release();
		expect(await scorer.clipScore(PICTURES, user)).toEqual(before);
	});

	test("of pictures in another order is another", async () => {
		const user = await scorer.user(USER);
		const [there, back] = [
			await scorer.clipScore(PICTURES, user),
			await scorer.clipScore([...PICTURES].reverse(), user),
		];
		expect(back.history).toBeCloseTo(there.history, 9);
		expect(Math.abs(back.target - there.target)).toBeGreaterThan(1e-3);
	});

	test("needs a picture for each target", async () => {
		const user = await scorer.user(USER);
		await expect(scorer.clipScore([picture(3)], user)).rejects.toThrow(
			/images: expected one for each of the 2 targets/,
		);
		const wrong = { width: 2, height: 2, data: new Uint8Array(3) };
		await expect(scorer.clipScore([picture(3), wrong], user)).rejects.toThrow(/image 1/);
	});

	test("needs targets that are prompts, and a history", async () => {
		await expect(scorer.user({ ...USER, targets: [] })).rejects.toThrow(ArgumentError);
		await expect(scorer.user({ ...USER, history: [{ prompt: " " }] })).rejects.toThrow(/history row 0/);
		const alone = await scorer.user({ ...USER, history: [] });
		await expect(scorer.clipScore(PICTURES, alone)).rejects.toThrow(/history/);
	});

	test("stops with the signal's reason", async () => {
		const reason = new Error("enough");
		const signal = AbortSignal.abort(reason);
		await expect(scorer.user(USER, { signal })).rejects.toBe(reason);
		await expect(scorer.clipScore(PICTURES, await scorer.user(USER), { signal })).rejects.toBe(reason);
	});

	test("takes any towers whose features fit, and says so where they do not", async () => {
		const encode = async () => float32(new Float32Array(2 * 5).fill(1), [2, 5]);
		const mixed = new CLIPScorer({ text: scorer.text, images: { encode, release: async () => {} } });
		await expect(mixed.clipScore(PICTURES, await mixed.user(USER))).rejects.toThrow(/width 5.*found 12/);
	});

	test("is of a whole CLIP model", async () => {
		await expect(
			CLIPScorer.fromPretrained(
				fileURLToPath(new URL("../../../test/golden/fixtures/sd1/text_encoder", import.meta.url)),
			),
		).rejects.toThrow(CheckpointError);
	});
});
