import { join } from "node:path";
import { CheckpointError, float32, sizeOf, type Tensor, TorchGenerator } from "@drum/tensor";
import { Checkpoint, SafetensorsFile } from "@drum/tensor/node";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
	type Conv2dOptions,
	conv2d,
	Graph,
	linear,
	linearParts,
	quantize,
	quantizedBytes,
	upsampleConv2d,
	type Value,
	type WeightSource,
	Weights,
} from "../index.ts";
import { quantizedFiles } from "../testing/dequantized.ts";
import { expectClose, runGraph, spread } from "../testing/run.ts";
import { checkpointOf, temporaryFolder } from "../testing/temporary.ts";
import { largestCode, largestOf } from "./largest-code.ts";

// Oracle: the file's weights, and the layers' own float32 form over the numbers that the codes stand for.

const folder = await temporaryFolder();
let count = 0;
const fresh = () => join(folder, `cache-${count++}`);
const open = (tensors: Readonly<Record<string, Tensor>>) =>
	checkpointOf(join(folder, `${count++}.safetensors`), tensors);

type Layers = (graph: Graph, source: WeightSource) => Record<string, Value>;

/** The weights in int8 as `layers` use them, and as float32 the numbers that the codes stand for. */
async function rounded(
	tensors: Readonly<Record<string, Tensor<"float32">>>,
	layers: (source: WeightSource) => unknown,
) {
	const weights = await open(tensors);
	const cacheFolder = fresh();
	const quantized = await quantize(weights, { dtype: "int8", build: layers, cacheFolder });
	const [name] = await quantizedFiles(cacheFolder);
	const file = await Checkpoint.open(join(cacheFolder, name!));
	const seen: Record<string, Tensor> = { ...tensors };
	for (const part of file.names()) {
		const [, tensor = "", parts = "1"] = /^(.*?)(?:\/(\d+))?\.codes$/.exec(part) ?? [];
		if (tensor === "") continue;
		const { data: codes } = (await file.read(part)) as Tensor<"int8">;
		const { data: scales } = (await file.read(part.replace(/codes$/, "scales"))) as Tensor<"float32">;
		const { dims } = tensors[tensor]!;
		const [rows, inputs, height = 1, width = 1] = dims as [number, number, number?, number?];
		const [taps, own] = [height * width, rows / Number(parts)];
		const data = new Float32Array(sizeOf(dims));
		for (let i = 0; i < data.length; i++) {
			const [row, input, tap] = [Math.floor(i / (inputs * taps)), Math.floor(i / taps) % inputs, i % taps];
			const at = (Math.floor(row / own) * inputs * taps + tap * inputs + input) * own + (row % own);
			data[i] = codes[at]! * scales[row]!;
		}
		seen[tensor] = float32(data, dims);
	}
	return { quantized, dequantized: await open(seen), seen };
}

/** Runs layers in int8, and in float32 over the numbers that the codes stand for: what they take is whole, so that nothing else is rounded. */
async function expectSame(
	tensors: Readonly<Record<string, Tensor<"float32">>>,
	layers: Layers,
	feeds: Readonly<Record<string, Tensor>>,
): Promise<void> {
	const build = (source: WeightSource) => layers(new Graph({ name: "asked" }), source);
	const { quantized, dequantized } = await rounded(tensors, build);
	const found = await runGraph(feeds, (graph) => layers(graph, quantized));
	const expected = await runGraph(feeds, (graph) => layers(graph, dequantized));
	for (const [name, { dims }] of Object.entries(expected)) {
		const largest = expected[name]!.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
		const units = (tensor: Tensor) =>
			float32(
				(tensor.data as Float32Array).map((value) => value / largest),
				dims,
			);
		expectClose(units(found[name]!), units(expected[name]!), 2e-6);
	}
}

/** Whole numbers in −127 … 127, of which each row has 127. */
function wholeRows(dims: readonly number[]): Tensor<"float32"> {
	const width = dims.at(-1)!;
	return float32(
		spread(dims).data.map((value, i) => (i % width === 3 ? 127 : Math.round(value * 126))),
		dims,
	);
}

/** Whole numbers from −100 to 155. */
function wholePicture(dims: readonly number[]): Tensor<"float32"> {
	const data = spread(dims).data.map((value) => Math.round(27.5 + value * 127));
	data.set([-100, 155]);
	return float32(data, dims);
}

/** Whole numbers in −127 … 127, of which each pixel has 127 in one channel: 1 × 1 kernels take pixels as rows. */
function wholePixels([batch, channels, height, width]: readonly [number, number, number, number]): Tensor<"float32"> {
	const dims = [batch, channels, height, width];
	const size = height * width;
	const data = spread(dims).data.map((value, i) => {
		return Math.floor(i / size) % channels === 3 ? 127 : Math.round(value * 126);
	});
	return float32(data, dims);
}

/** Parts of 128, up to 127 of them in each row: of so many pixels the oracle's sums are not rounded either. */
function wholeKernel(dims: readonly number[]): Tensor<"float32"> {
	const { data } = spread(dims);
	const columns = data.length / dims[0]!;
	return float32(
		data.map((value, i) => (i % columns === 0 ? 127 : Math.round(value * 126)) / 128),
		dims,
	);
}

describe("weights in int8", () => {
	test("differ from the file's by half a step of their row at most, and zero is exact", async () => {
		// Fewer steps where products of 8 bits overflow.
		const most = await largestCode();
		const values = fc.record({
			seed: fc.nat(),
			scale: fc.integer({ min: -30, max: 30 }).map((power) => 2 ** power),
			zeros: fc.constantFrom(1, 2, 50, 5000),
			dims: fc.constantFrom([32, 32], [33, 70], [40, 32, 3, 3], [32, 48, 1, 1], [32, 33, 2, 2]),
		});
		const property = fc.asyncProperty(values, async ({ seed, scale, zeros, dims }) => {
			const normal = new TorchGenerator(seed).randn(dims).data;
			const data = normal.map((value, i) => (i % zeros === 0 ? 0 : value * scale));
			const ask = (source: WeightSource) => source.quantized?.("weight", { oneRow: false });
			const { seen } = await rounded({ weight: float32(data, dims) }, ask);
			const found = seen.weight!.data as Float32Array;
			const columns = data.length / dims[0]!;
			for (const [i, value] of data.entries()) {
				const row = Math.floor(i / columns) * columns;
				const step = Math.max(...data.subarray(row, row + columns).map(Math.abs)) / most;
				if (!(Math.abs(found[i]! - value) <= 0.50001 * step))
					expect.fail(`${i}: ${found[i]} for ${value}, step ${step}`);
				if (value === 0 && found[i] !== 0) expect.fail(`${i}: ${found[i]} for 0`);
			}
		});
		await fc.assert(property, { numRuns: 25, seed: 1 });
	});

	test("are multiplied with, whole and in parts", async () => {
		const tensors = {
			"fc.weight": spread([96, 64]),
			"fc.bias": spread([96], 1),
			"out.weight": spread([33, 64], 2),
		};
		const layers: Layers = (graph, source) => {
			const w = new Weights(graph, source);
			const x = graph.input("x", "float32", ["batch", "tokens", 64]);
			const [a, b] = linearParts(w.at("fc"), x, 48, 2) as [Value, Value];
			return { whole: linear(w.at("fc"), x, 96), a, b, out: linear(w.at("out"), x, 33, { bias: false }) };
		};
		await expectSame(tensors, layers, { x: wholeRows([2, 5, 64]) });
	});

	test("take each row by its own range: a row of large numbers takes nothing from the others", async () => {
		const weights = await open({ "fc.weight": spread([64, 64]) });
		const layers: Layers = (graph, source) => {
			const x = graph.input("x", "float32", ["rows", 64]);
			return { y: linear(new Weights(graph, source).at("fc"), x, 64, { bias: false }) };
		};
		const build = (source: WeightSource) => layers(new Graph({ name: "asked" }), source);
		const source = await quantize(weights, { dtype: "int8", build, cacheFolder: fresh() });
		const small = spread([1, 64], 4).data;
		const both = float32(
			Float32Array.from([...small, ...small.map((value) => value * 1e6), ...new Float32Array(64)]),
			[3, 64],
		);
		const { y } = await runGraph({ x: both }, (graph) => layers(graph, source));
		const alone = await runGraph({ x: float32(small, [1, 64]) }, (graph) => layers(graph, source));
		expect(y!.data.subarray(0, 64)).toEqual(alone.y!.data);
		expect([...y!.data.subarray(128)]).toEqual(new Array(64).fill(0));
	});

	test.each<[string, number, Conv2dOptions]>([
		["3 × 3, with zeros around", 3, { padding: 1 }],
		["3 × 3", 3, {}],
		["3 × 3, every other pixel", 3, { stride: 2, padding: 1 }],
		["3 × 3, zeros below and to the right", 3, { stride: 2, padding: [0, 0, 1, 1] }],
		["1 × 1", 1, {}],
		["1 × 1, every other pixel", 1, { stride: 2 }],
		["2 × 2", 2, { padding: [1, 0, 0, 1] }],
	])("convolve pictures: %s", async (_, kernel, options) => {
		const tensors = { "conv.weight": spread([40, 32, kernel, kernel]), "conv.bias": spread([40], 1) };
		const layers: Layers = (graph, source) => {
			const x = graph.input("x", "float32", ["batch", 32, 6, 8]);
			const shift = graph.input("shift", "float32", [1, 40]);
			const w = new Weights(graph, source).at("conv");
			return {
				plain: conv2d(w, x, 40, kernel, options),
				shifted: conv2d(w, x, 40, kernel, { ...options, shift }),
			};
		};
		const whole = kernel === 1 && !options.stride ? wholePixels : wholePicture;
		await expectSame(tensors, layers, { x: whole([2, 32, 6, 8]), shift: spread([1, 40], 3) });
	});

	test.each<[string, number, Conv2dOptions]>([
		["all pixels", 248, { padding: 1 }],
		["every other one", 496, { stride: 2, padding: [0, 0, 1, 1] }],
	])("convolve large pictures in bands: %s", async (_, height, options) => {
		const tensors = { "conv.weight": wholeKernel([32, 32, 3, 3]), "conv.bias": float32(new Float32Array(32), [32]) };
		const layers: Layers = (graph, source) => {
			const x = graph.input("x", "float32", [1, 32, height, 240]);
			return { y: conv2d(new Weights(graph, source).at("conv"), x, 32, 3, options) };
		};
		await expectSame(tensors, layers, { x: wholePicture([1, 32, height, 240]) });
	});

	test("convolve pictures whose pixels stand twice", async () => {
		const tensors = { "conv.weight": spread([32, 32, 3, 3]), "conv.bias": spread([32], 1) };
		const layers: Layers = (graph, source) => {
			const x = graph.input("x", "float32", [1, 32, 4, 6]);
			return { y: upsampleConv2d(new Weights(graph, source).at("conv"), x, 32) };
		};
		await expectSame(tensors, layers, { x: wholePicture([1, 32, 4, 6]) });
	});
});

describe("quantize to int8", () => {
	const asked = { oneRow: false };

	it("leaves alone the first and last layers, what is vast in extent, and few weights that take one row", async () => {
		const weights = await open({
			first: spread([64, 4, 3, 3]),
			last: spread([4, 64, 3, 3]),
			wide: spread([64, 64, 5, 5]),
			line: spread([64, 64, 1, 3]),
			vector: spread([64]),
			time: spread([64, 64]),
			matrix: spread([64, 64]),
		});
		const cacheFolder = fresh();
		const build = (source: WeightSource) => {
			for (const name of weights.names()) source.quantized?.(name, { oneRow: name === "time" });
		};
		await quantize(weights, { dtype: "int8", build, cacheFolder });
		const { tensors } = await SafetensorsFile.open(join(cacheFolder, (await quantizedFiles(cacheFolder))[0]!));
		expect([...tensors.keys()]).toEqual(["matrix.scales", "matrix.codes"]);
	});

	it("is for a CPU: other devices hold matrices in blocks", async () => {
		const weights = await open({ kernel: spread([128, 128, 3, 3]), matrix: spread([128, 128]) });
		const build = (source: WeightSource) => [...weights.names()].map((name) => source.quantized?.(name, asked));
		const source = await quantize(weights, { dtype: "int8", device: "webgpu", build, cacheFolder: fresh() });
		expect(source.quantized!("matrix", asked)!.format).toMatchObject({ kind: "blocks", bits: 8 });
		expect(source.quantized!("kernel", asked)).toBeUndefined();
	});

	it("gives no parts that it was not asked for", async () => {
		const weights = await open({ matrix: spread([128, 128]) });
		const build = (source: WeightSource) => source.quantized?.("matrix", { parts: 2, oneRow: false });
		const source = await quantize(weights, { dtype: "int8", build, cacheFolder: fresh() });
		expect(source.quantized!("matrix", { parts: 2, oneRow: false })).toBeDefined();
		expect(source.quantized!("matrix", asked)).toBeUndefined();
		expect(source.quantized!("matrix", { parts: 4, oneRow: false })).toBeUndefined();
	});

	it.each([[[64, 128]], [[64, 32, 3, 3]]])("writes as many bytes for %j as quantizedBytes foretells", async (dims) => {
		const cacheFolder = fresh();
		const build = (source: WeightSource) => source.quantized?.("weight", asked);
		await quantize(await open({ weight: spread(dims) }), { dtype: "int8", build, cacheFolder });
		const { tensors } = await SafetensorsFile.open(join(cacheFolder, (await quantizedFiles(cacheFolder))[0]!));
		const written = [...tensors.values()].reduce((sum, { length }) => sum + length, 0);
		expect(quantizedBytes("int8", dims)).toBe(written);
	});

	it("refuses what is no number also among the weights that it leaves as they are: rounding would hide it", async () => {
		for (const name of ["fc.weight", "fc.bias"]) {
			const tensors = { "fc.weight": spread([64, 64]), "fc.bias": spread([64], 1) };
			tensors[name as keyof typeof tensors].data[5] = Number.NaN;
			const build = (source: WeightSource) => {
				const graph = new Graph({ name: "asked" });
				return linear(new Weights(graph, source).at("fc"), graph.input("x", "float32", ["rows", 64]), 64);
			};
			const call = quantize(await open(tensors), { dtype: "int8", build, cacheFolder: fresh() });
			await expect(call).rejects.toThrow(CheckpointError);
			await expect(call).rejects.toThrow(`weight ${name}`);
		}
	});
});

describe("the largest code", () => {
	it("is what the processor adds without overflow", async () => {
		expect([63, 127]).toContain(await largestCode());
	});

	it("is of 8 bits where sums are right, and of 7 where they are cut", () => {
		expect(largestOf(new Float32Array(4).fill(64 * 255 * 127))).toBe(127);
		// Pairs that 16 bits cut to 32767.
		expect(largestOf(new Float32Array(4).fill(32 * 32_767))).toBe(63);
	});
});
