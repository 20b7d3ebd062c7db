import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { float32ToFloat16, type Tensor } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { cosine } from "@drum/test-weights";
import { describe, expect, test } from "vitest";
import { parseT5Config, T5TextEncoder, type T5TextEncoderOptions } from "./index.ts";
import { jsonOf, temporaryFolder } from "./testing/files.ts";
import { normalWeights } from "./testing/table-weights.ts";

// Oracle: the same encoder with the file's own weights. They are normally distributed, like a trained model's, approximately.

const folder = await temporaryFolder();
const TOKENS = 64;

async function checkpointOf(name: string, settings: Record<string, unknown>) {
	const config = parseT5Config(settings, name);
	const path = join(folder, `${name}.safetensors`);
	await writeSafetensors(path, normalWeights(config, "float16"));
	return { name, config, weights: await Checkpoint.open(path), maxLength: TOKENS };
}

const ids: Tensor<"int64"> = {
	type: "int64",
	dims: [1, TOKENS],
	data: BigInt64Array.from({ length: TOKENS }, (_, i) => BigInt((i * 37 + 11) % 64)),
};

async function encode(options: T5TextEncoderOptions, rows = ids) {
	const encoder = await T5TextEncoder.create(options);
	const { hidden } = await encoder.encode(rows);
	await encoder.release();
	return hidden[-1]!.data;
}

test("a block of T5-XXL's width keeps the direction of the conditions", { timeout: 120_000 }, async () => {
	const options = await checkpointOf("xxl", { ...jsonOf("real.json"), num_layers: 1 });
	const full = await encode(options);
	const found: number[] = [];
	for (const dtype of ["int8", "int4"] as const) {
		const cacheFolder = join(folder, dtype);
		found.push(cosine(await encode({ ...options, dtype, cacheFolder }), full));
		const [file] = await readdir(cacheFolder);
		const { size } = await stat(join(cacheFolder, file!));
		const [last, others] = [4096 * 10_240, 4 * 4096 * 4096 + 2 * 4096 * 10_240];
		// Bits of a weight, with its share of a block's scale and zero point. The last matrix of the block always has 8.
		expect(size).toBeLessThan((last * 8.5 + others * (dtype === "int8" ? 8.5 : 5.125)) / 8 + 10_000);
	}
	expect(found[0]).toBeGreaterThan(0.999);
	expect(found[1]).toBeGreaterThan(0.99);
	expect(found[0]).toBeLessThan(1);
	expect(found[1]).toBeLessThan(found[0]!);
});

describe("T5TextEncoder with a dtype", async () => {
	const small = { ...jsonOf("small.json"), d_model: 128, d_kv: 32, d_ff: 256, num_heads: 4, vocab_size: 64 };
	const options = await checkpointOf("small", small);
	let folders = 0;
	const fresh = () => join(folder, `cache-${folders++}`);

	test("quantises on first use, reports progress, and uses the cached file the next time", async () => {
		const seen: number[] = [];
		const cacheFolder = fresh();
		const onQuantize: T5TextEncoderOptions["onQuantize"] = ({ loaded }) => seen.push(loaded);
		const own = { ...options, dtype: "int8", cacheFolder, onQuantize } as const;
		const encoder = await T5TextEncoder.create(own);
		await expect(stat(cacheFolder)).rejects.toThrow("ENOENT");
		const { hidden } = await encoder.encode(ids);
		const matrices = [...options.weights.names()].filter((name) => /SelfAttention\.[qkvo]\.|DenseReluDense/.test(name));
		expect(seen.at(-1)).toBe(matrices.reduce((sum, name) => sum + options.weights.get(name)!.length, 0));
		await encoder.release();
		const count = seen.length;
		expect(await encode(own)).toEqual(hidden[-1]!.data);
		expect(seen).toHaveLength(count);
		expect(await readdir(cacheFolder)).toHaveLength(1);
	});

	test("float32 and auto use the file's own numbers", async () => {
		const cacheFolder = fresh();
		const auto = await encode(options);
		expect(await encode({ ...options, dtype: "auto", cacheFolder })).toEqual(auto);
		expect(await encode({ ...options, dtype: "float32", cacheFolder })).toEqual(auto);
		expect(cosine(await encode({ ...options, dtype: "int8", cacheFolder }), auto)).toBeLessThan(1);
	});

	test("has another fingerprint when quantised, because its conditions differ", async () => {
		const of = async (dtype: T5TextEncoderOptions["dtype"]) =>
			(await T5TextEncoder.create({ ...options, dtype })).fingerprint;
		const [none, auto, float32, int8, int4] = await Promise.all(
			([undefined, "auto", "float32", "int8", "int4"] as const).map(of),
		);
		expect([auto, float32]).toEqual([none, none]);
		expect(new Set([none, int8, int4]).size).toBe(3);
	});

	test("stops quantising with the signal's reason if nobody else waits, and starts again for the next call", async () => {
		const cacheFolder = fresh();
		const control = new AbortController();
		const reason = new Error("enough");
		const onQuantize = () => control.abort(reason);
		const encoder = await T5TextEncoder.create({ ...options, dtype: "int4", cacheFolder, onQuantize });
		await expect(encoder.encode(ids, { signal: control.signal })).rejects.toBe(reason);
		const { hidden } = await encoder.encode(ids);
		await encoder.release();
		expect(await encode({ ...options, dtype: "int4", cacheFolder })).toEqual(hidden[-1]!.data);
		expect(await readdir(cacheFolder)).toHaveLength(1);
	});

	test("reports weights that cannot be quantised, for each call", async () => {
		const weights = normalWeights(options.config, "float16");
		const name = "encoder.block.1.layer.1.DenseReluDense.wo.weight";
		const infinite = Float32Array.of(Number.POSITIVE_INFINITY);
		const { type, dims, data } = weights[name] as Tensor<"float16">;
		const spoiled = data.with(77, float32ToFloat16(infinite)[0]!);
		const path = join(folder, "infinite.safetensors");
		await writeSafetensors(path, { ...weights, [name]: { type, dims, data: spoiled } });
		const cacheFolder = fresh();
		const own = { ...options, weights: await Checkpoint.open(path), dtype: "int8", cacheFolder } as const;
		const encoder = await T5TextEncoder.create(own);
		for (let i = 0; i < 2; i++) await expect(encoder.encode(ids)).rejects.toThrow(`weight ${name}: expected finite`);
		expect(await readdir(cacheFolder)).toEqual([]);
	});
});
