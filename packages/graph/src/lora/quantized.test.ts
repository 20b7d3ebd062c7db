import { join } from "node:path";
import type { LoraModule } from "@drum/formats";
import { float32, type Tensor } from "@drum/tensor";
import { expect, test } from "vitest";
import {
	conv2d,
	Graph,
	linear,
	linearParts,
	loraFeeds,
	quantize,
	takeLoras,
	type WeightSource,
	Weights,
} from "../index.ts";
import { expectClose, runGraph, spread } from "../testing/run.ts";
import { checkpointOf, temporaryFolder } from "../testing/temporary.ts";
import { weightNorms } from "./weight-norms.ts";
import { withLoras } from "./with-loras.ts";

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
	const w = new Weights(graph, source).at("fc");
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

test("a convolution that computes in 8 bits takes a LoRA, with and without magnitudes", async () => {
	const [out, width] = [128, 64] as const;
	const kernel = spread([out, width, 3, 3], 6);
	const factors = {
		down: spread([RANK, width, 3, 3], 7),
		up: spread([out, RANK, 1, 1], 8),
		magnitude: float32(magnitude.data.slice(0, out), [out]),
	};
	const own = await checkpointOf(join(folder, "conv.safetensors"), { "conv.weight": kernel, ...factors });
	const zeros = float32(new Float32Array(kernel.data.length), kernel.dims);
	const none = await checkpointOf(join(folder, "none.safetensors"), { "conv.weight": zeros });
	const picture = spread([2, width, 6, 5], 9);
	const conv = (source: WeightSource) => (graph: Graph) => {
		const input = graph.input("x", "float32", ["batch", width, 6, 5]);
		return { y: conv2d(new Weights(graph, source).at("conv"), input, out, 3, { padding: 1, bias: false }) };
	};
	const module = { kind: "low-rank", path: "conv", scale: OWN, down: own.get("down")!, up: own.get("up")! } as const;
	const drawn = async (weights: WeightSource, modules: LoraModule[]) => {
		const loras = modules.length > 0 ? [{ layers: { name: "style", modules, fingerprint: "" }, scale: SCALE }] : [];
		const source = await takeLoras(
			weights,
			loras.map(({ layers }) => layers),
		);
		return (await runGraph({ x: picture, ...loraFeeds(loras) }, conv(source))).y!;
	};
	const build = (source: WeightSource) => conv(source)(new Graph({ name: "conv" }));
	const eight = await quantize(own, { dtype: "int8", cacheFolder: join(folder, "cache-conv"), build });
	const [plain, float, added] = [await drawn(eight, []), await drawn(own, []), await drawn(none, [module])];
	expect(plain).not.toEqual(float);
	const sum = plain.data.map((value, i) => value + added.data[i]!);
	expectClose(await drawn(eight, [module]), float32(sum, plain.dims));
	const decomposed = { ...module, magnitude: own.get("magnitude")! };
	// The factor of each output is the same as over the float weights: read where the output is largest.
	const [whole, ofFloat] = [await drawn(own, [module]), await drawn(own, [decomposed])];
	const pixels = 6 * 5;
	const factorOf = Array.from({ length: out }, (_, channel) => {
		const at = Array.from({ length: pixels }, (_, pixel) => channel * pixels + pixel);
		const most = at.reduce((best, i) => (Math.abs(whole.data[i]!) > Math.abs(whole.data[best]!) ? i : best));
		return ofFloat.data[most]! / whole.data[most]!;
	});
	const scaled = sum.map((value, i) => value * factorOf[Math.floor(i / pixels) % out]!);
	expectClose(await drawn(eight, [decomposed]), float32(scaled, plain.dims));
});
