import type { LoraFactor, LoraModule } from "@drum/formats";
import { float32, MemoryBytes, type Tensor } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { concat, Graph, loraFeeds, type ScaledLora, type Value, type WeightSource, Weights } from "../index.ts";
import { encoded } from "../testing/encoded.ts";
import { applied, inputOf, LORA_CASES, type LoraCase, layerOf, lorasOf, resultOf } from "../testing/lora-fixture.ts";
import { expectClose, runGraph } from "../testing/run.ts";
import { weightNorms } from "./weight-norms.ts";
import { withLoras } from "./with-loras.ts";

// Oracle: PEFT and LyCORIS, by tooling/golden/lora_ops.py.

async function run(each: LoraCase, loras: readonly ScaledLora[], precision?: "float16"): Promise<Tensor<"float32">> {
	const x = await inputOf(each);
	const layers = loras.map(({ layers }) => layers);
	const norms = await Promise.all(layers.map((own) => weightNorms(layerOf(each), own)));
	const { y } = await runGraph(
		{ x, ...loraFeeds(loras) },
		(graph) => {
			const w = new Weights(graph, withLoras(layerOf(each), layers, norms));
			// The batch is not known while the graph is built.
			return { y: concat(applied(w, graph.input("x", "float32", ["batch", ...x.dims.slice(1)]), each), -1) };
		},
		{ precision },
	);
	return y!;
}

test.each(LORA_CASES)("$key", async (each) => {
	expectClose(await run(each, lorasOf(each)), await resultOf(each));
});

test.each(["linear, four of both kinds", "conv2d with a magnitude"])("in half precision: %s", async (key) => {
	const each = LORA_CASES.find((other) => other.key === key)!;
	expectClose(await run(each, lorasOf(each), "float16"), await resultOf(each), 2e-2);
});

test.each(LORA_CASES)("at a scale of 0 nothing is left: $key", async (each) => {
	const off = lorasOf(each).map((lora) => ({ ...lora, scale: 0 }));
	expectClose(await run(each, off), await run(each, []), 1e-6);
});

test("a layer without a LoRA is the same graph, to the byte", () => {
	const each = LORA_CASES[0]!;
	const built = (source: WeightSource) => {
		const graph = new Graph({ name: "test" });
		const [y] = applied(new Weights(graph, source), graph.input("x", "float32", [2, 5, 8]), each) as [Value];
		return encoded(graph.build({ y }));
	};
	const plain = layerOf(each);
	expect(built(withLoras(plain, []))).toEqual(built(plain));
	const ofAnother: LoraModule = { ...lorasOf(each)[0]!.layers.modules[0]!, path: "another" };
	const nodes = (source: WeightSource) => {
		const graph = new Graph({ name: "test" });
		const w = new Weights(graph, source);
		applied(w, graph.input("x", "float32", [2, 5, 8]), each);
		return { ops: graph.trace.map(({ op }) => op), unused: w.unusedLoras() };
	};
	const { ops } = nodes(plain);
	expect(nodes(withLoras(plain, [{ name: "other", modules: [ofAnother], fingerprint: "" }]))).toEqual({
		ops,
		unused: ["another"],
	});
});

test("layers that a file joins share the narrow product", () => {
	const each = LORA_CASES.find(({ key }) => key === "linear")!;
	const { layers } = lorasOf(each)[0]!;
	const graph = new Graph({ name: "test" });
	const w = new Weights(graph, withLoras(layerOf(each), [layers]));
	const x = graph.input("x", "float32", [2, 5, 8]);
	applied(w, x, each);
	const once = graph.trace.filter(({ op }) => op === "Gemm").length;
	applied(w, x, each);
	expect(graph.trace.filter(({ op }) => op === "Gemm").length - once).toBe(2);
});

describe("a factor that does not fit its layer is named", () => {
	const [linear, kronecker] = ["linear", "linear, Kronecker of two"].map(
		(key) => LORA_CASES.find((each) => each.key === key)!,
	) as [LoraCase, LoraCase];
	const changed = (each: LoraCase, change: object) => {
		const module = { ...lorasOf(each)[0]!.layers.modules[0]!, ...change } as LoraModule;
		const w = new Weights(
			new Graph({ name: "test" }),
			withLoras(layerOf(each), [{ name: "style", modules: [module], fingerprint: "" }]),
		);
		const [, width] = w.at("layer").dims("weight")!;
		return () => applied(w, w.graph.input("x", "float32", [2, 5, width!]), each);
	};
	const place = (dims: number[], type: "float32" | "int32" = "float32"): LoraFactor => ({
		...{
			file: new MemoryBytes("none.safetensors", new Uint8Array()),
			offset: 0,
			length: 4 * dims.reduce((size, extent) => size * extent, 1),
		},
		...{ type, dims },
	});
	test.each<[LoraCase, object, RegExp]>([
		[
			linear,
			{ down: place([3, 9]) },
			/layer\.down of LoRA style: expected \[3, 8\], found \[3, 9\]\. Check that the LoRA/,
		],
		[linear, { up: place([12, 4]) }, /layer\.up of LoRA style: expected \[12, 3\], found \[12, 4\]/],
		[linear, { up: place([13, 3]) }, /layer\.up of LoRA style: expected \[12, 3\], found \[13, 3\]/],
		[linear, { up: place([12, 3], "int32") }, /layer\.up of LoRA style: expected floating-point numbers, found int32/],
		[linear, { magnitude: place([11]) }, /layer\.magnitude of LoRA style: expected \[12\], found \[11\]/],
		[linear, { bias: place([11]) }, /layer\.bias of LoRA style: expected at least 12 numbers, found 11/],
		[linear, { kind: "difference", weight: place([12, 7]) }, /layer\.weight of LoRA style: expected \[12, 8\], found/],
		[kronecker, { w1: [place([3, 4])] }, /layer\.w1 and w2 of LoRA style: expected a product \[60, 40\], found/],
	])("%#", (each, change, message) => {
		expect(changed(each, change)).toThrow(message);
	});
});

test("a whole difference is added, and one of the bias alone", async () => {
	const each = LORA_CASES.find(({ key }) => key === "linear parts")!;
	const { weight, bias } = { weight: layerOf(each).get("layer.weight"), bias: layerOf(each).get("layer.bias") };
	const doubling = (change: object, scale: number): ScaledLora => {
		const module = { kind: "difference", path: "layer", scale: 0.5, ...change } as LoraModule;
		return { layers: { name: "twice", modules: [module], fingerprint: "" }, scale };
	};
	const plain = await run(each, []);
	const twice = (await run(each, [doubling({ weight }, 2), doubling({ bias }, 2)])).data;
	expectClose(
		float32(
			twice.map((value) => value / 2),
			plain.dims,
		),
		plain,
	);
});
