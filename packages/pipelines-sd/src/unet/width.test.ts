import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Graph, Session, silu, Weights } from "@drum/graph";
import { float32, parseSafetensors, sizeOf, type Tensor } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { type Filling, placeOf, table, tableTensor, tableWeights } from "@drum/test-weights";
import { afterAll, expect, test } from "vitest";
import { downBlock } from "./blocks.ts";
import { parseUNetConfig } from "./config.ts";
import { expectClose, largestTolerance } from "./testing/fixtures.ts";

// Oracle: diffusers' CrossAttnDownBlock2D in float32 (tooling/golden/unet_width.py). Its weights are exact in float16, so a file of either type has
// the same values.

const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));
const shapes = JSON.parse(readFileSync(`${fixtures}width.json`, "utf8")) as Record<string, Record<string, number[]>>;
const { tensors } = parseSafetensors(readFileSync(`${fixtures}width.safetensors`), "width.safetensors");
const folder = await mkdtemp(join(tmpdir(), "unet-"));
afterAll(() => rm(folder, { recursive: true }));

const KINDS = {
	sd1: {
		block: 0,
		sample: [1, 320, 9, 7],
		config: {
			block_out_channels: [320, 640],
			down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
			up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
			attention_head_dim: 8,
			cross_attention_dim: 768,
		},
	},
	sdxl: {
		block: 2,
		sample: [1, 640, 8, 8],
		config: {
			block_out_channels: [320, 640, 1280],
			down_block_types: ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
			up_block_types: ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
			attention_head_dim: [5, 10, 20],
			cross_attention_dim: 2048,
			transformer_layers_per_block: [1, 2, 2],
			use_linear_projection: true,
		},
	},
} as const;

const filling: Filling = {
	table: table(8),
	/** As in the oracle: a power of two, or 0 for a norm's weights. */
	scaleOf(name, [, ...into]) {
		if (into.length === 0) return /norm.*weight$/.test(name) ? 0 : 1 / 8;
		return 2 ** (1 - Math.round(Math.log2(sizeOf(into)) / 2));
	},
};
const made = (i: number, dims: readonly number[]) => tableTensor(filling.table, placeOf(i), dims);

test.each([
	["sd1", "float32"],
	["sd1", "float16"],
	["sdxl", "float32"],
	["sdxl", "float16"],
] as const)("a block of %s's width, %s weights", async (kind, type) => {
	const { block, sample, config: json } = KINDS[kind];
	const path = join(folder, `${kind}.safetensors`);
	await writeSafetensors(path, tableWeights(shapes[kind]!, type, filling));
	const config = parseUNetConfig({ ...json, layers_per_block: 1 }, kind);
	const graph = new Graph({ name: kind });
	const weights = new Weights(graph, await Checkpoint.open(path));
	const feeds = {
		sample: made(1, sample),
		time: made(2, [1, 1280]),
		condition: made(3, [1, 77, json.cross_attention_dim]),
	};
	const x = graph.input("sample", "float32", sample);
	const time = graph.input("time", "float32", feeds.time.dims);
	const inputs = {
		time,
		activatedTime: silu(time),
		condition: graph.input("condition", "float32", feeds.condition.dims),
		widen: (value: typeof x) => value,
	};
	const output = downBlock(weights, config, block, x, inputs).at(-1)!;
	expect(weights.unused()).toEqual([]);
	await using session = await Session.create(graph.build({ output }));
	const { data } = (await session.run(feeds)).output!;
	const expected = tensors.get(kind) as Tensor<"float32">;
	const kept = data.filter((_, i) => i % 61 === 0);
	expectClose(float32(kept, [kept.length]), expected, kind, largestTolerance(expected));
});
