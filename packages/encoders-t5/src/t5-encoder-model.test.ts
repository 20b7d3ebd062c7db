import { join } from "node:path";
import { Graph, Session, type Value, Weights } from "@drum/graph";
import { float32, type Tensor, toFloat32 } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { expectClose } from "@drum/test-weights";
import { describe, expect, test, vi } from "vitest";
import { parseT5Config, T5TextEncoder } from "./index.ts";
import { t5EncoderModel } from "./t5-encoder-model.ts";
import { jsonOf, temporaryFolder, tensorsOf } from "./testing/files.ts";
import { t5Weights } from "./testing/table-weights.ts";

// Oracle: transformers' T5EncoderModel in float32, by tooling/golden/t5.py. The weights are exact in float16, so a file of either type has the same
// values.

const folder = await temporaryFolder();
const golden = tensorsOf("t5.safetensors");
const ids = (name: string) => golden.get(`${name}.ids`) as Tensor<"int64">;

async function encode(name: string, weights: Readonly<Record<string, Tensor>>, file: string) {
	const path = join(folder, `${file}.safetensors`);
	await writeSafetensors(path, weights);
	const maxLength = ids(name).dims[1]!;
	const config = jsonOf(`${name}.json`);
	const encoder = await T5TextEncoder.create({ name, config, weights: await Checkpoint.open(path), maxLength });
	const { hidden } = await encoder.encode(ids(name));
	await encoder.release();
	return hidden[-1]!;
}

describe("t5EncoderModel", () => {
	const config = parseT5Config(jsonOf("small.json"), "small");

	test.each(["float32", "float16"] as const)("%s weights, heads narrower than the model", async (type) => {
		const hidden = await encode("small", t5Weights(config, type), `small-${type}`);
		expectClose(hidden, golden.get("small.hidden")!);
	});

	test("a feed-forward without a gate, as in the first T5", async () => {
		const weights = t5Weights(parseT5Config(jsonOf("ungated.json"), "ungated"), "float32");
		expectClose(await encode("ungated", weights, "ungated"), golden.get("ungated.hidden")!);
	});

	test.each(["float32", "float16"] as const)("one block of T5-XXL's width, %s weights", async (type) => {
		const hidden = await encode("real", t5Weights(parseT5Config(jsonOf("real.json"), "real"), type), `real-${type}`);
		const { data, dims } = golden.get("real.hidden") as Tensor<"float32">;
		const [, rows, columns] = dims as [number, number, number];
		const kept = Float32Array.from(data, (_, i) => {
			const [row, column] = [Math.floor(i / columns) * 51, (i % columns) * 32];
			return hidden.data[row * 4096 + column]!;
		});
		expect(rows * columns).toBe(data.length);
		expectClose(float32(kept, dims), golden.get("real.hidden")!);
	});

	test("a float16 graph is close, with sums beyond float16's range", async () => {
		const weights = t5Weights(config, "float32");
		for (const [name, weight] of Object.entries(weights)) {
			// Each block then adds some hundred thousands, with weights within float16's range.
			const factor = name.endsWith("wo.weight") ? 2 ** 17 : name.includes("DenseReluDense") ? 2 : 1;
			const data = toFloat32(weight).map((value) => value * factor);
			weights[name] = float32(data, weight.dims);
		}
		const path = join(folder, "large.safetensors");
		await writeSafetensors(path, weights);
		const checkpoint = await Checkpoint.open(path);
		const [full, half] = await Promise.all(
			(["float32", "float16"] as const).map(async (precision) => {
				const graph = new Graph({ name: precision, precision });
				const hidden = buildSmall(graph, checkpoint);
				const session = await Session.create(graph.build({ hidden }));
				const outputs = await session.run({ input_ids: ids("small") });
				await session.release();
				return outputs.hidden!;
			}),
		);
		const error = expectClose(half!, full!, { absolute: 2e-2, relative: 2e-2 });
		expect(error).toBeGreaterThan(0);
	});

	// The CPU computes some float16 operators in float32, so this test would not see an overflow. So it checks the types.
	test("a float16 graph has float32 sums, norms and last products, and float16 attention", async () => {
		const path = join(folder, "types.safetensors");
		await writeSafetensors(path, t5Weights(config, "float16"));
		const graph = new Graph({ name: "types", precision: "float16" });
		const node = vi.spyOn(graph, "node");
		buildSmall(graph, await Checkpoint.open(path));
		const types = (op: string) =>
			node.mock.calls.filter(([name]) => name === op).map(([, inputs]) => new Set(inputs.map((x) => x?.type)));
		const full = new Set(["float32"]);
		expect(types("Add")).toEqual(new Array(6).fill(full));
		expect(types("Mul")).toEqual(new Array(3).fill(full));
		expect(types("SimplifiedLayerNormalization")).toEqual(new Array(7).fill(full));
		expect(types("Gemm").filter((inputs) => inputs.has("float32"))).toEqual(new Array(3).fill(full));
		expect(types("Gemm")).toHaveLength(21);
		expect(types("MultiHeadAttention")).toEqual(new Array(3).fill(new Set(["float16", undefined])));
	});

	function buildSmall(graph: Graph, checkpoint: Checkpoint): Value {
		const input = graph.input("input_ids", "int64", ["batch", 40]);
		return t5EncoderModel(new Weights(graph, checkpoint), config, input, 40);
	}
});
