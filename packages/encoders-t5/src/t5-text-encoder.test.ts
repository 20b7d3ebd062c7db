import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
	ArgumentError,
	bfloat16ToFloat32,
	CheckpointError,
	float16ToFloat32,
	float32,
	float32ToBfloat16,
	float32ToFloat16,
	type Tensor,
} from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { expectClose } from "@drum/test-weights";
import { describe, expect, test } from "vitest";
import { T5TextEncoder, type T5TextEncoderOptions } from "./index.ts";
import { bytesOf, jsonOf, pathOf, temporaryFolder, tensorsOf } from "./testing/files.ts";

// Oracle: the authors' implementation, with a tiny T5 of random weights.

const folder = await temporaryFolder();
const config = jsonOf("T5/config.json", "reference");
const weights = Object.fromEntries(tensorsOf("T5/model.safetensors", "reference"));
const vectors = tensorsOf("vectors.safetensors", "reference");
const ids = vectors.get("encode.T5.input_ids") as Tensor<"int64">;
const reference = await Checkpoint.open(pathOf("T5/model.safetensors", "reference"));
const options = { name: "T5", config, weights: reference };

async function checkpoint(name: string, own: Readonly<Record<string, Tensor>>): Promise<Checkpoint> {
	const path = join(folder, `${name}.safetensors`);
	await writeSafetensors(path, own);
	return Checkpoint.open(path);
}

async function encode(change: Partial<T5TextEncoderOptions>): Promise<Tensor<"float32">> {
	const encoder = await T5TextEncoder.create({ ...options, ...change });
	const { hidden } = await encoder.encode(ids);
	await encoder.release();
	return hidden[-1]!;
}

describe("T5TextEncoder", () => {
	test("encodes the same as the reference, for both skips, and has no norm or projection of rows", async () => {
		const encoder = await T5TextEncoder.create({ ...options, skips: [-1, -2] });
		const { hidden, classRows, features } = await encoder.encode(ids);
		expectClose(hidden[-1]!, vectors.get("encode.T5.hidden")!);
		expectClose(hidden[-2]!, vectors.get("encode.T5.hidden")!);
		expect([classRows, features]).toEqual([undefined, undefined]);
		expect(await encoder.normalize(hidden[-1]!)).toBe(hidden[-1]);
		expect(await encoder.project(hidden[-1]!)).toBe(hidden[-1]);
		await encoder.release();
	});

	test("encodes the empty prompt to the reference's base query", async () => {
		const tokenizer = { name: "tiny", spiece: bytesOf("tokenizer/spiece.model"), config: { extra_ids: 0 } };
		const encoder = await T5TextEncoder.create({ ...options, tokenizer });
		const { hidden } = await encoder.encode([""]);
		expectClose(hidden[-1]!, vectors.get("base_query.T5")!);
		await encoder.release();
	});

	test("has the properties that an adapter needs", async () => {
		const { name, width, heads, tokens, hasClassRow } = await T5TextEncoder.create(options);
		expect({ name, width, heads, tokens, hasClassRow }).toEqual({
			name: "T5",
			width: 64,
			heads: 8,
			tokens: 256,
			hasClassRow: false,
		});
	});

	test("reads the table by its other name, also if both exist", async () => {
		const { "shared.weight": shared, ...rest } = weights;
		const other = await checkpoint("embed_tokens", { ...rest, "encoder.embed_tokens.weight": shared! });
		const both = await checkpoint("both", { ...weights, "encoder.embed_tokens.weight": shared! });
		expect(await encode({ weights: other })).toEqual(await encode({}));
		expect(await encode({ weights: both })).toEqual(await encode({}));
	});

	test.each([
		["float16", float32ToFloat16, float16ToFloat32],
		["bfloat16", float32ToBfloat16, bfloat16ToFloat32],
	] as const)("computes with %s weights in float32, to the bit", async (type, round, widen) => {
		const each = (make: (values: Uint16Array, dims: readonly number[]) => Tensor) =>
			Object.fromEntries(
				Object.entries(weights).map(([name, { data, dims }]) => [name, make(round(data as Float32Array), dims)]),
			);
		const half = await checkpoint(
			type,
			each((data, dims) => ({ type, dims, data })),
		);
		const full = await checkpoint(
			`${type}-full`,
			each((data, dims) => float32(widen(data), dims)),
		);
		expect(await encode({ weights: half })).toEqual(await encode({ weights: full }));
	});

	test("reads a checkpoint of several files", async () => {
		const names = Object.keys(weights);
		const shards = [names.slice(0, 9), names.slice(9)].map((own, i) => ({ file: `shard-${i}.safetensors`, own }));
		for (const { file, own } of shards)
			await writeSafetensors(join(folder, file), Object.fromEntries(own.map((name) => [name, weights[name]!])));
		const index = {
			weight_map: Object.fromEntries(shards.flatMap(({ file, own }) => own.map((name) => [name, file]))),
		};
		const path = join(folder, "model.safetensors.index.json");
		await writeFile(path, JSON.stringify(index));
		expect(await encode({ weights: await Checkpoint.open(path) })).toEqual(await encode({}));
	});

	test("reports progress, loads again after a release, and returns at once for no prompts", async () => {
		const encoder = await T5TextEncoder.create(options);
		const done: string[] = [];
		const once = await encoder.encode(ids, { onProgress: (n, total) => done.push(`${n} of ${total}`) });
		expect(done).toEqual(["1 of 2", "2 of 2"]);
		await encoder.release();
		expect(await encoder.encode(ids)).toEqual(once);
		await encoder.release();
		const none = await encoder.encode({ type: "int64", dims: [0, 256], data: new BigInt64Array() });
		expect(none.hidden[-1]!.dims).toEqual([0, 256, 64]);
	});

	test("stops between prompts with the signal's reason", async () => {
		const encoder = await T5TextEncoder.create(options);
		const controller = new AbortController();
		const reason = new Error("enough");
		const onProgress = () => controller.abort(reason);
		await expect(encoder.encode(ids, { signal: controller.signal, onProgress })).rejects.toBe(reason);
		await expect(encoder.encode(ids, { signal: controller.signal })).rejects.toBe(reason);
		await encoder.release();
	});

	test("has a fingerprint that depends on its weights, settings and length", async () => {
		const fingerprint = async (change: Partial<T5TextEncoderOptions>) =>
			(await T5TextEncoder.create({ ...options, ...change })).fingerprint;
		const norm = "encoder.final_layer_norm.weight";
		const other = { ...weights, [norm]: float32(new Float32Array(64).fill(0.5), [64]) };
		const matrix = "encoder.block.0.layer.1.DenseReluDense.wo.weight";
		const { dims, data } = weights[matrix]!;
		const trained = (data as Float32Array).map((value) => value * 1.001 + 1e-6);
		const all = await Promise.all([
			fingerprint({}),
			fingerprint({ maxLength: 128 }),
			fingerprint({ config: { ...config, layer_norm_epsilon: 1e-5 } }),
			fingerprint({ weights: await checkpoint("norm", other) }),
			fingerprint({ weights: await checkpoint("matrix", { ...weights, [matrix]: float32(trained, dims) }) }),
		]);
		expect(new Set(all).size).toBe(5);
		expect(await fingerprint({ name: "another" })).toBe(all[0]);
	});

	test.each([0, 513, 1.5, Number.NaN])("refuses %d tokens", async (maxLength) => {
		await expect(T5TextEncoder.create({ ...options, maxLength })).rejects.toThrow(ArgumentError);
	});

	test("names ids that do not fit, and a missing tokenizer", async () => {
		const encoder = await T5TextEncoder.create(options);
		const short = { type: "int64", dims: [1, 77], data: new BigInt64Array(77) } as const;
		await expect(encoder.encode(short)).rejects.toThrow("ids: expected [prompts, 256], found [1, 77]");
		const large = { ...ids, data: ids.data.with(300, 500n) };
		await expect(encoder.encode(large)).rejects.toThrow("ids: expected from 0 to 499, found 500 at 1, 44");
		expect(() => encoder.tokenize(["a"])).toThrow(ArgumentError);
	});

	test("warns of unused tensors, but not of those of a whole T5", async () => {
		const table = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight";
		const bias = table.replace("block.0", "block.1");
		const own = { ...weights, [bias]: weights[table]!, "foo.bias": weights[table]! };
		const encoder = await T5TextEncoder.create({ ...options, weights: await checkpoint("more", own) });
		const message = expect.stringMatching(/^2 tensors were not used.*: encoder\.block\.1.*bias\.weight, foo\.bias\. /);
		expect(encoder.warnings).toEqual([{ code: "weights-unused", what: "weights of T5", message }]);
		const twin = { "lm_head.weight": weights[table]!, "decoder.block.0.weight": weights[table]! };
		const whole = await checkpoint("whole", { ...weights, ...twin });
		expect((await T5TextEncoder.create({ ...options, weights: whole })).warnings).toEqual([]);
	});

	test("names the weight with NaN or infinity", async () => {
		const name = "encoder.final_layer_norm.weight";
		const { dims, data } = weights[name] as Tensor<"float32">;
		const own = { ...weights, [name]: float32(Float32Array.from(data).with(3, Number.POSITIVE_INFINITY), dims) };
		const encoding = encode({ weights: await checkpoint("infinite", own) });
		await expect(encoding).rejects.toThrow(CheckpointError);
		await expect(encoding).rejects.toThrow(/weight encoder\.final_layer_norm\.weight of .*infinity at \[3\] in/);
	});

	test.each<[string, (all: Record<string, Tensor>) => void, RegExp]>([
		["no table", (all) => delete all["shared.weight"], /weight encoder\.embed_tokens\.weight .* found none/],
		["no gate", (all) => rename(all, "wi_0", "wi"), /DenseReluDense\.wi_0\.weight/],
	])("names the weight that does not fit: %s", async (name, change, message) => {
		const own = { ...weights };
		change(own);
		const create = T5TextEncoder.create({ ...options, weights: await checkpoint(name, own) });
		await expect(create).rejects.toThrow(CheckpointError);
		await expect(create).rejects.toThrow(message);
	});
});

function rename(all: Record<string, Tensor>, from: string, to: string): void {
	for (const name of Object.keys(all).filter((each) => each.includes(from))) {
		all[name.replace(from, to)] = all[name]!;
		delete all[name];
	}
}
