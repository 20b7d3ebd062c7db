import { stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import {
	ArgumentError,
	CheckpointError,
	float32,
	float32ToBfloat16,
	float32ToFloat16,
	joinedTensor,
	type Tensor,
	TorchGenerator,
	toFloat32,
	transposedTensor,
} from "@drum/tensor";
import { type Checkpoint, SafetensorsFile } from "@drum/tensor/node";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
	add,
	embedding,
	Graph,
	linear,
	linearParts,
	quantize,
	quantizedBytes,
	type Value,
	type WeightSource,
	Weights,
} from "../index.ts";
import { dequantized, quantizedFiles, quantizedTensors } from "../testing/dequantized.ts";
import { runGraph, spread } from "../testing/run.ts";
import { checkpointOf, temporaryFolder } from "../testing/temporary.ts";

// Oracle: the weights, and products with the cached file's codes, scales and zero points in float64.

const folder = await temporaryFolder();
const DTYPES = ["int8", "int4"] as const;

let files = 0;
const open = (tensors: Readonly<Record<string, Tensor>>) =>
	checkpointOf(join(folder, `${files++}.safetensors`), tensors);
const fresh = () => join(folder, `cache-${files++}`);
const askFor =
	(...names: string[]) =>
	(weights: WeightSource) => {
		for (const name of names) weights.quantized?.(name, { oneRow: false });
	};

describe.each(DTYPES)("%s weights in blocks", (dtype) => {
	test("differ from the file's by half a step of their block at most, and zero is exact", async () => {
		const values = fc.record({
			seed: fc.nat(),
			scale: fc.integer({ min: -30, max: 30 }).map((power) => 2 ** power),
			centre: fc.constantFrom(0, 0, 3, -3),
			zeros: fc.constantFrom(1, 2, 50, 5000),
			rows: fc.constantFrom(128, 131, 200),
			columns: fc.constantFrom(128, 192, 320),
		});
		const property = fc.asyncProperty(values, async ({ seed, scale, centre, zeros, rows, columns }) => {
			const normal = new TorchGenerator(seed).randn([rows, columns]).data;
			const weight = float32(
				normal.map((value, i) => (i % zeros === 0 ? 0 : (value + centre) * scale)),
				[rows, columns],
			);
			const cacheFolder = fresh();
			await quantize(await open({ weight }), { dtype, outliers: true, build: askFor("weight"), cacheFolder });
			const { data, steps } = await dequantized(cacheFolder, "weight");
			for (const [i, value] of weight.data.entries()) {
				const error = Math.abs(data[i]! - value);
				if (!(error <= steps[i]! * 0.500001)) expect.fail(`${i}: ${data[i]} for ${value}, step ${steps[i]}`);
				if (value === 0 && data[i] !== 0) expect.fail(`${i}: ${data[i]} for 0`);
			}
		});
		await fc.assert(property, { numRuns: 30, seed: 1 });
	});

	test("are the same of a matrix that its file has in two halves, or the other way round", async () => {
		const { data } = spread([128, 128]);
		const turned = data.map((_, i) => data[(i % 128) * 128 + Math.floor(i / 128)]!);
		const file = await open({
			upper: float32(data.slice(0, 8192), [64, 128]),
			lower: float32(data.slice(8192), [64, 128]),
			turned: float32(turned, [128, 128]),
			weight: float32(data, [128, 128]),
		});
		const at = (name: string) => file.get(name)!;
		const places = [at("weight"), joinedTensor([at("upper"), at("lower")]), transposedTensor(at("turned"))];
		const found = await Promise.all(
			places.map(async (place) => {
				const cacheFolder = fresh();
				const weights: WeightSource = { name: "made", get: () => place, names: () => ["weight"] };
				await quantize(weights, { dtype, outliers: true, build: askFor("weight"), cacheFolder });
				return dequantized(cacheFolder, "weight");
			}),
		);
		expect(found[1]).toEqual(found[0]);
		expect(found[2]).toEqual(found[0]);
	});

	test("are the same from a file of any float type", async () => {
		const halves = spread([128, 128]).data.map((value) => Math.round(value * 100) / 128);
		const all: Tensor[] = [
			float32(halves, [128, 128]),
			{ type: "float16", dims: [128, 128], data: float32ToFloat16(halves) },
			{ type: "bfloat16", dims: [128, 128], data: float32ToBfloat16(halves) },
			{ type: "float64", dims: [128, 128], data: Float64Array.from(halves) },
		];
		const found = await Promise.all(
			all.map(async (weight) => {
				const cacheFolder = fresh();
				await quantize(await open({ weight }), { dtype, outliers: true, build: askFor("weight"), cacheFolder });
				return dequantized(cacheFolder, "weight");
			}),
		);
		expect(toFloat32(all[1]!)).toEqual(halves);
		expect(found[1]).toEqual(found[0]);
		expect(found[2]).toEqual(found[0]);
		expect(found[3]).toEqual(found[0]);
	});

	const WEIGHTS = {
		"table.weight": spread([200, 256]),
		"fc.weight": spread([384, 256], 1),
		"fc.bias": spread([384], 2),
		"out.weight": spread([130, 256], 3),
	};
	const model = (graph: Graph, source: WeightSource): Record<string, Value> => {
		const w = new Weights(graph, source);
		const x = graph.input("x", "float32", ["batch", "tokens", 256]);
		const ids = graph.input("ids", "int64", ["batch", "tokens"]);
		const hidden = add(x, embedding(w.at("table"), ids, 200, 256));
		const [a, b, c] = linearParts(w.at("fc"), x, 128, 3) as [Value, Value, Value];
		return { hidden, whole: linear(w.at("fc"), x, 384), a, b, c, out: linear(w.at("out"), x, 130, { bias: false }) };
	};
	/** Integers with 127 in each block, which an 8-bit block holds as they are. */
	const x = float32(
		spread([2 * 3 * 256]).data.map((value, i) => (i % 32 === 5 ? 127 : Math.round(value * 126))),
		[2, 3, 256],
	);
	const ids = { type: "int64", dims: [2, 3], data: BigInt64Array.of(0n, 7n, 199n, 3n, 3n, 90n) } as const;

	async function run(weights: Checkpoint, cacheFolder: string, precision: "float32" | "float16" = "float32") {
		const record = (source: WeightSource) => model(new Graph({ name: "test" }), source);
		const source = await quantize(weights, { dtype, outliers: true, build: record, cacheFolder });
		return runGraph({ x, ids }, (graph) => model(graph, source), { precision });
	}

	test("are multiplied with, whole and in parts, as their dequantised numbers; an embedding is untouched", async () => {
		const cacheFolder = fresh();
		const found = await run(await open(WEIGHTS), cacheFolder);
		const { data } = await dequantized(cacheFolder, "fc.weight");
		expectProduct(found.whole, x, data, WEIGHTS["fc.bias"].data);
		for (const [i, part] of [found.a, found.b, found.c].entries()) {
			const [from, to] = [128 * i, 128 * (i + 1)];
			expectProduct(part, x, data.subarray(from * 256, to * 256), WEIGHTS["fc.bias"].data.subarray(from, to));
		}
		expectProduct(found.out, x, (await dequantized(cacheFolder, "out.weight")).data);
		const rows = [...ids.data].map((id) =>
			WEIGHTS["table.weight"].data.subarray(Number(id) * 256, Number(id) * 256 + 256),
		);
		expect(found.hidden!.data).toEqual(x.data.map((value, i) => value + rows[Math.floor(i / 256)]![i % 256]!));
		expect([...(await quantizedTensors(cacheFolder))].filter((name) => name.startsWith("table"))).toEqual([]);
	});

	test("are near in a float16 graph too", async () => {
		const weights = await open(WEIGHTS);
		const full = await run(weights, fresh());
		const half = await run(weights, fresh(), "float16");
		const largest = Math.max(...full.whole!.data.map(Math.abs));
		for (const [i, value] of half.whole!.data.entries())
			expect(Math.abs(value - full.whole!.data[i]!)).toBeLessThan(1e-2 * largest);
	});
});

describe("quantize", () => {
	const weight = spread([128, 256]);

	it.each(["auto", "float32", undefined] as const)("gives the checkpoint itself for %s", async (dtype) => {
		const weights = await open({ weight });
		expect(await quantize(weights, { dtype, build: () => expect.fail("not asked"), cacheFolder: fresh() })).toBe(
			weights,
		);
	});

	it("refuses an option that there is not", async () => {
		const call = quantize(await open({ weight }), { dtyp: "int8", build: () => undefined } as never);
		await expect(call).rejects.toThrow(/option dtyp of quantize: .*Did you mean dtype\?/);
	});

	it("leaves alone what is small, cannot be cut into blocks, or is not multiplied with", async () => {
		const weights = await open({
			weight,
			low: spread([127, 256]),
			narrow: spread([256, 96]),
			odd: spread([256, 150]),
			table: spread([256, 256]),
			vector: spread([256]),
		});
		const cacheFolder = fresh();
		const build = askFor("weight", "low", "narrow", "odd", "vector", "absent");
		await quantize(weights, { dtype: "int4", build, cacheFolder });
		expect(await quantizedTensors(cacheFolder)).toEqual(["weight.scales", "weight.codes"]);
		const nothing = { dtype: "int4", build: askFor("odd"), cacheFolder: fresh() } as const;
		expect(await quantize(weights, nothing)).toBe(weights);
		await expect(stat(nothing.cacheFolder)).rejects.toThrow("ENOENT");
	});

	it("holds int4 in 8 bits where a matrix has more columns than rows", async () => {
		const weights = await open({ high: spread([256, 128]), square: spread([192, 192]), wide: spread([128, 192]) });
		const cacheFolder = fresh();
		await quantize(weights, { dtype: "int4", build: askFor("high", "square", "wide"), cacheFolder });
		const bits = await Promise.all(["high", "square", "wide"].map((name) => dequantized(cacheFolder, name)));
		expect(bits.map((each) => each.bits)).toEqual([4, 4, 8]);
	});

	it.each([
		["int8", [128, 256]],
		["int4", [256, 128]],
		["int4", [130, 320]],
		["int4", [320, 160]],
	] as const)("writes as many bytes of %s for %j as quantizedBytes foretells", async (dtype, dims) => {
		const cacheFolder = fresh();
		await quantize(await open({ weight: spread(dims) }), { dtype, build: askFor("weight"), cacheFolder });
		const [path] = await quantizedFiles(cacheFolder);
		const { tensors } = await SafetensorsFile.open(join(cacheFolder, path!));
		const written = [...tensors.values()].reduce((sum, { length }) => sum + length, 0);
		expect(quantizedBytes(dtype, dims)).toBe(written);
	});

	it.each([[[127, 256]], [[256, 100]], [[256]], [[128, 128, 1, 1]]])("foretells nothing for %j", (dims) => {
		expect(quantizedBytes("int8", dims, { outliers: true })).toBeUndefined();
		expect(quantizedBytes("int4", dims)).toBeUndefined();
	});

	it("tells how far it is, in bytes of the file's", async () => {
		const weights = await open({ a: spread([256, 4096]), b: spread([128, 128]) });
		const seen: [string, number, number][] = [];
		await quantize(weights, {
			dtype: "int4",
			build: askFor("a", "b"),
			cacheFolder: fresh(),
			onQuantize: ({ tensor, loaded, total }) => seen.push([tensor, loaded, total]),
		});
		const total = 4 * (256 * 4096 + 128 * 128);
		expect(seen.length).toBeGreaterThan(2);
		expect(seen.map(([, , all]) => all)).toEqual(seen.map(() => total));
		expect(seen.map(([, loaded]) => loaded)).toEqual(seen.map(([, loaded]) => loaded).toSorted((a, b) => a - b));
		expect(seen.at(-1)).toEqual(["b", total, total]);
	});

	it("keeps its files under the real path of a linked folder", async () => {
		const [real, link] = [fresh(), fresh()];
		await symlink(folder, link);
		const cacheFolder = join(link, "within");
		const source = await quantize(await open({ weight }), { dtype: "int8", build: askFor("weight"), cacheFolder });
		expect(source.quantized!("weight", { oneRow: false })!.codes.file.path).toContain(join(folder, "within"));
		expect(await quantizedFiles(real).catch(() => [])).toEqual([]);
	});

	it("refuses weights that are not finite, and leaves no file", async () => {
		const cacheFolder = fresh();
		for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
			const bad = float32(weight.data.with(20_000, value), [128, 256]);
			const call = quantize(await open({ bad }), { dtype: "int8", build: askFor("bad"), cacheFolder });
			await expect(call).rejects.toThrow(CheckpointError);
			await expect(call).rejects.toThrow("weight bad: expected finite numbers");
			expect(await quantizedFiles(cacheFolder)).toEqual([]);
		}
	});

	it("refuses a dtype that there is not", async () => {
		const call = quantize(await open({ weight }), { dtype: "int2" as "int4", build: askFor("weight") });
		await expect(call).rejects.toThrow(ArgumentError);
		await expect(call).rejects.toThrow('dtype: expected one of auto, float32, int8, int4, found "int2"');
	});
});

/** Half a unit in float32's last place. */
const ROUNDING = 2 ** -24;

/** Expects `x · weightᵀ + bias` as in float64, within the roundings of a float32 sum over blocks, their scales and the bias. */
function expectProduct(
	found: Tensor | undefined,
	{ data, dims }: Tensor<"float32">,
	weight: Float64Array,
	bias?: Float32Array,
): void {
	const width = dims.at(-1)!;
	const out = weight.length / width;
	const roundings = width / 32 + 2; // Blocks have 32 weights or more.
	expect(found?.dims).toEqual([...dims.slice(0, -1), out]);
	for (const [i, value] of (found!.data as Float32Array).entries()) {
		let sum = bias?.[i % out] ?? 0;
		let size = Math.abs(sum);
		for (let k = 0; k < width; k++) {
			const term = data[Math.floor(i / out) * width + k]! * weight[(i % out) * width + k]!;
			sum += term;
			size += Math.abs(term);
		}
		if (!(Math.abs(value - sum) <= roundings * ROUNDING * size))
			expect.fail(`element ${i} is ${value}, expected ${sum}`);
	}
}
