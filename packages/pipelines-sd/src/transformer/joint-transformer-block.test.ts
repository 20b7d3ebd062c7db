import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Graph, Session, silu, Weights } from "@drum/graph";
import { float32, type Tensor } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { type Filling, table, tableTensor, tableWeights } from "@drum/test-weights";
import { afterAll, expect, test } from "vitest";
import type { SD3Config } from "./config.ts";
import { jointTransformerBlock } from "./joint-transformer-block.ts";
import { expectClose, numbersOf } from "./testing/fixtures.ts";

// Oracle: diffusers' JointTransformerBlock in float32 (tooling/golden/sd3.py). Its weights are exact in float16 and bfloat16, so a file of any type
// has the same values.

const folder = await mkdtemp(join(tmpdir(), "sd3-"));
afterAll(() => rm(folder, { recursive: true }));
const wide = numbersOf("wide.safetensors");

const filling: Filling = {
	table: table(8),
	/** A power of two: for a matrix about twice the deviation that keeps its input's scale, and 0 for a norm's weights. */
	scaleOf(name, dims) {
		if (name.includes(".norm_")) return 0;
		return dims.length === 1 ? 1 / 8 : 2 ** (1 - Math.round(Math.log2(dims[1]!) / 2));
	},
};

test.each([
	["medium", "float32", { width: 1536, heads: 24, dual: true }],
	["medium", "float16", { width: 1536, heads: 24, dual: true }],
	["medium", "bfloat16", { width: 1536, heads: 24, dual: true }],
	["large", "bfloat16", { width: 2432, heads: 38, dual: false }],
	["layer-norm", "float32", { width: 256, heads: 4, dual: true }],
] as const)("a block of SD 3.5 %s's width or kind, %s weights", async (kind, type, { width, heads, dual }) => {
	const norm: SD3Config["qk_norm"] = kind === "layer-norm" ? "layer_norm" : "rms_norm";
	const path = join(folder, `${kind}.safetensors`);
	await writeSafetensors(path, tableWeights(shapesOf(width, heads, dual, norm), type, filling));
	const graph = new Graph({ name: kind });
	const input = (name: string, dims: (number | string)[]) => graph.input(name, "float32", dims);
	const streams = { image: input("image", [1, "patches", width]), text: input("text", [1, "tokens", width]) };
	const temb = silu(input("temb", [1, width]));
	const weights = new Weights(graph, await Checkpoint.open(path));
	const options = { heads, norm, dual, contextPreOnly: false };
	const { image, text } = jointTransformerBlock(weights, streams, temb, options);
	expect(weights.unused()).toEqual([]);
	await using session = await Session.create(graph.build({ image_out: image, text_out: text }));
	const found = await session.run({
		image: tableTensor(filling.table, 1, [1, 35, width]),
		text: tableTensor(filling.table, 2, [1, 9, width]),
		temb: tableTensor(filling.table, 3, [1, width]),
	});
	expectClose(every(found.image_out!, 6, 64), wide(`${kind}.image`), "image");
	expectClose(every(found.text_out!, 4, 64), wide(`${kind}.text`), "text");
});

/** Every `rows`th row and every `columns`th column of `[1, rows, columns]`. */
function every({ data, dims }: Tensor<"float32">, rows: number, columns: number): Tensor<"float32"> {
	const [, height = 0, width = 0] = dims;
	const kept = data.filter((_, i) => Math.floor(i / width) % rows === 0 && (i % width) % columns === 0);
	return float32(kept, [1, Math.ceil(height / rows), Math.ceil(width / columns)]);
}

function shapesOf(width: number, heads: number, dual: boolean, norm: SD3Config["qk_norm"]): Record<string, number[]> {
	const shapes: Record<string, number[]> = {};
	const linear = (name: string, into: number, out: number) => {
		shapes[`${name}.weight`] = [out, into];
		shapes[`${name}.bias`] = [out];
	};
	const attention = (name: string, projections: string[], norms: string[]) => {
		for (const projection of projections) linear(`${name}.${projection}`, width, width);
		for (const part of norm === "layer_norm" ? ["weight", "bias"] : ["weight"]) {
			for (const own of norms) shapes[`${name}.${own}.${part}`] = [width / heads];
		}
	};
	const image = ["to_q", "to_k", "to_v", "to_out.0"];
	const text = ["add_q_proj", "add_k_proj", "add_v_proj", "to_add_out"];
	attention("attn", [...image, ...text], ["norm_q", "norm_k", "norm_added_q", "norm_added_k"]);
	if (dual) attention("attn2", image, ["norm_q", "norm_k"]);
	linear("norm1.linear", width, (dual ? 9 : 6) * width);
	linear("norm1_context.linear", width, 6 * width);
	for (const name of ["ff", "ff_context"]) {
		linear(`${name}.net.0.proj`, width, 4 * width);
		linear(`${name}.net.2`, 4 * width, width);
	}
	return shapes;
}
