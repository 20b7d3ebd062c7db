import { join } from "node:path";
import type { LoraModule } from "@drum/formats";
import { float32, type Tensor } from "@drum/tensor";
import { expect, test } from "vitest";
import { type Graph, linear, linearParts, loraFeeds, quantize, type WeightSource, withLoras } from "../index.ts";
import { expectClose, runGraph, spread } from "../testing/run.ts";
import { checkpointOf, temporaryFolder } from "../testing/temporary.ts";
import { weightNorms } from "./weight-norms.ts";

// Oracle: the same quantised layer without a LoRA, and the LoRA's part in float64.

const folder = await temporaryFolder();
const [OUT, IN, RANK, SCALE, OWN] = [256, 128, 4, 0.7, 0.5] as const;
const [weight, bias, down, up] = [spread([OUT, IN]), spread([OUT], 1), spread([RANK, IN], 2), spread([OUT, RANK], 3)];
const magnitude = float32(
	spread([OUT], 4).data.map((value) => 9 + value),
	[OUT],
);
const x = spread([3, IN], 5);
const base = await checkpointOf(join(folder, "base.safetensors"), { "fc.weight": weight, "fc.bias": bias });
const file = await checkpointOf(join(folder, "lora.safetensors"), { down, up, magnitude });

/** `s · ΔW`. */
const added = Float64Array.from({ length: OUT * IN }, (_, i) => {
	const [row, column] = [Math.floor(i / IN), i % IN];
	let sum = 0;
	for (let r = 0; r < RANK; r++) sum += up.data[row * RANK + r]! * down.data[r * IN + column]!;
	return SCALE * OWN * sum;
});

const layerOf = (source: WeightSource) => (graph: Graph) => {
	const w = graph.weights(source).at("fc");
	const input = graph.input("x", "float32", ["rows", IN]);
	const [left, right] = linearParts(w, input, OUT / 2, 2);
	return { whole: linear(w, input, OUT), left: left!, right: right! };
};

async function run(dtype: "int8" | "int4", modules: LoraModule[]) {
	const cacheFolder = join(folder, "cache");
	const weights = await quantize(base, {
		dtype,
		cacheFolder,
		build: (source) => {
			for (const parts of [1, 2]) source.quantized?.("fc.weight", { parts, oneRow: false });
		},
	});
	const loras = modules.length > 0 ? [{ layers: { name: "style", modules, fingerprint: "" }, scale: SCALE }] : [];
	const layers = loras.map(({ layers }) => layers);
	const norms = await Promise.all(layers.map((own) => weightNorms(base, own)));
	return runGraph({ x, ...loraFeeds(loras) }, layerOf(withLoras(weights, layers, norms)));
}

test.each(["int8", "int4"] as const)("weights in %s take a LoRA, with and without magnitudes", async (dtype) => {
	const plain = await run(dtype, []);
	const module = { kind: "low-rank", path: "fc", scale: OWN, down: file.get("down")!, up: file.get("up")! } as const;
	const low = await run(dtype, [module]);
	const decomposed = await run(dtype, [{ ...module, magnitude: file.get("magnitude")! }]);
	const expected = (withMagnitude: boolean): Tensor<"float32"> => {
		const data = plain.whole!.data.map((value, i) => {
			const [row, column] = [Math.floor(i / OUT), i % OUT];
			let [sum, squares] = [value - bias.data[column]!, 0];
			for (let k = 0; k < IN; k++) {
				const difference = added[column * IN + k]!;
				sum += x.data[row * IN + k]! * difference;
				squares += (weight.data[column * IN + k]! + difference) ** 2;
			}
			return bias.data[column]! + sum * (withMagnitude ? magnitude.data[column]! / Math.sqrt(squares) : 1);
		});
		return float32(data, [3, OUT]);
	};
	for (const [found, result] of [
		[low, expected(false)],
		[decomposed, expected(true)],
	] as const) {
		expectClose(found.whole, result, 1e-5);
		const rows = [...result.data.keys()].map((i) => {
			const [row, column] = [Math.floor(i / OUT), i % OUT];
			return (column < OUT / 2 ? found.left! : found.right!).data[row * (OUT / 2) + (column % (OUT / 2))]!;
		});
		expect(rows).toEqual([...found.whole!.data]);
	}
});
