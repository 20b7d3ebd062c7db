import { readFileSync } from "node:fs";
import { Graph, gradients, mul, parameters, reduceSum, Session, silu, type Value, type Weights } from "@drum/graph";
import { parseSafetensors, sizeOf, type Tensor } from "@drum/tensor";
import { type Filling, placeOf, type Shapes, table, tableTensor, tableWeights } from "@drum/test-weights";
import { expect, test } from "vitest";
import { clipEncoderLayer } from "../../packages/encoders-clip/src/clip-encoder-layer.ts";
import { parseT5Config } from "../../packages/encoders-t5/src/config.ts";
import { t5EncoderModel } from "../../packages/encoders-t5/src/t5-encoder-model.ts";
import { downBlock } from "../../packages/pipelines-sd/src/unet/blocks.ts";
import { parseUNetConfig } from "../../packages/pipelines-sd/src/unet/config.ts";

// Oracle: PyTorch's autograd through transformers' and diffusers' modules, in float64 (tooling/golden/layer_gradients.py).

const file = new URL("fixtures/gradients.safetensors", import.meta.url);
const { tensors } = parseSafetensors(readFileSync(file), "gradients.safetensors");

const filling: Filling = {
	table: table(11),
	/** As the oracle has it: a power of two, or 0 for a norm's weights. */
	scaleOf(name, [, ...into]) {
		if (into.length === 0) return /norm.*weight$/.test(name) ? 0 : 1 / 8;
		return 2 ** (1 - Math.round(Math.log2(sizeOf(into)) / 2));
	},
};
const made = (i: number, dims: readonly number[], scale = 1) => tableTensor(filling.table, placeOf(i), dims, scale);

/** PyTorch's derivatives by the names of parameters and inputs. */
function golden(layer: string): Record<string, Tensor<"float32">> {
	const own = [...tensors].filter(([name]) => name.startsWith(`${layer}/`));
	return Object.fromEntries(own.map(([name, tensor]) => [name.slice(layer.length + 1), tensor as Tensor<"float32">]));
}

/** A layer's derivatives by its weights and by the inputs named; `others` are fed too. */
async function derivatives(
	layer: string,
	inputs: Readonly<Record<string, Tensor>>,
	others: Readonly<Record<string, Tensor>>,
	make: (w: Weights, inputs: Readonly<Record<string, Value>>) => Value,
): Promise<Record<string, Tensor<"float32">>> {
	const graph = new Graph({ name: layer });
	const names = Object.keys(golden(layer)).filter((name) => !(name in inputs));
	const shapes: Shapes = Object.fromEntries(names.map((name) => [name, golden(layer)[name]!.dims]));
	const { weights, values } = parameters(graph, shapes);
	const given = Object.entries({ ...inputs, ...others }).map(([name, { type, dims }]) => {
		return [name, graph.input(name, type as "float32" | "int64", dims)] as const;
	});
	const result = make(weights, Object.fromEntries(given));
	expect(weights.unused()).toEqual([]);
	const by = made(100, result.dims as number[], 1 / 16);
	const loss = reduceSum(mul(result, graph.constant(by.data, by.dims)), [...by.dims.keys()]);
	const all = { ...values, ...Object.fromEntries(given.filter(([name]) => name in inputs)) };
	const found = gradients(loss, Object.values(all));
	const outputs = Object.fromEntries(Object.keys(all).map((name, i) => [`d ${name}`, found[i]!]));
	await using session = await Session.create(graph.build(outputs));
	const results = await session.run({ ...tableWeights(shapes, "float32", filling), ...inputs, ...others });
	return Object.fromEntries(Object.keys(all).map((name) => [name, results[`d ${name}`]!]));
}

function expectGolden(layer: string, found: Record<string, Tensor<"float32">>): void {
	const expected = golden(layer);
	expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
	for (const [name, { dims, data }] of Object.entries(expected)) {
		expect(found[name]!.dims, name).toEqual(dims);
		const far = data.findIndex((value, i) => {
			return !(Math.abs(found[name]!.data[i]! - value) <= 2e-5 + 1e-4 * Math.abs(value));
		});
		if (far >= 0) expect.fail(`${name}: element ${far} is ${found[name]!.data[far]}, expected ${data[far]}`);
	}
}

test("gradients of CLIP's layer, causal", async () => {
	const config = {
		hidden_size: 24,
		intermediate_size: 40,
		num_attention_heads: 3,
		hidden_act: "quick_gelu",
		layer_norm_eps: 1e-5,
	} as const;
	const found = await derivatives("clip", { x: made(101, [2, 7, 24]) }, {}, (w, { x }) =>
		clipEncoderLayer(w, config, x!, true),
	);
	expectGolden("clip", found);
});

test("gradients of T5's encoder, from its embedding and its positions' bias to its last norm", async () => {
	const config = parseT5Config(
		{
			vocab_size: 12,
			d_model: 16,
			d_kv: 6,
			d_ff: 20,
			num_layers: 1,
			num_heads: 3,
			relative_attention_num_buckets: 8,
			relative_attention_max_distance: 10,
			layer_norm_epsilon: 1e-3,
			feed_forward_proj: "gated-gelu",
		},
		"t5",
	);
	const data = BigInt64Array.from([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 0], BigInt);
	const ids: Tensor = { type: "int64", dims: [2, 6], data };
	const found = await derivatives("t5", {}, { ids }, (w, inputs) => t5EncoderModel(w, config, inputs.ids!, 6));
	expectGolden("t5", found);
});

test("gradients of a UNet's block: resnet, transformer and downsampler", async () => {
	const config = parseUNetConfig(
		{
			block_out_channels: [16, 32],
			down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
			up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
			layers_per_block: 1,
			norm_num_groups: 4,
			norm_eps: 1e-6,
			attention_head_dim: 2,
			cross_attention_dim: 10,
		},
		"unet",
	);
	const inputs = { sample: made(101, [1, 8, 5, 6]), time: made(102, [1, 12]), condition: made(103, [1, 4, 10]) };
	const found = await derivatives("unet", inputs, {}, (w, { sample, time, condition }) => {
		const beside = { time: time!, activatedTime: silu(time!), condition: condition!, widen: (value: Value) => value };
		return downBlock(w, config, 0, sample!, beside).at(-1)!;
	});
	expectGolden("unet", found);
});
