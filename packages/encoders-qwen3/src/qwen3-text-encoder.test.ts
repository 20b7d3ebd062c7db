import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ArgumentError, float32, type Tensor } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { cosine, expectClose } from "@drum/test-weights";
import { describe, expect, test } from "vitest";
import {
	parseQwen3Config,
	QWEN3_USES,
	Qwen3TextEncoder,
	type Qwen3TextEncoderOptions,
	type Qwen3Use,
} from "./index.ts";
import { jsonOf, pathOf, temporaryFolder, tensorsOf, tinyModel } from "./testing/files.ts";
import { qwen3Weights } from "./testing/table-weights.ts";

// Oracle: the functions of diffusers' pipelines that encode prompts, and transformers' Qwen3Model, in float32, by tooling/golden/qwen3.py.

const folder = await temporaryFolder();
const golden = tensorsOf("qwen3.safetensors");
const numbers = (name: string) => golden.get(name) as Tensor<"float32">;
const chats = jsonOf<{ prompt: string }[]>("chats.json");
const PROMPTS = [0, 9, 10].map((i) => chats[i]!.prompt);
/** FLUX.2 klein's use with other layers, because the tiny model has only five. */
const KLEIN: Qwen3Use = { ...QWEN3_USES["flux2-klein"], taps: [1, 2, 5] };
const LENGTH = 48;
const TOLERANCE = { absolute: 2e-5, relative: 2e-5 };
const tiny = await tinyModel();

async function encoded(options: Qwen3TextEncoderOptions, prompts: readonly string[] | Tensor<"int64">) {
	const encoder = await Qwen3TextEncoder.create(options);
	const encoding = await encoder.encode(prompts);
	await encoder.release();
	return encoding;
}

describe("conditions are the same as in diffusers' pipelines", () => {
	test("for Z-Image: a prompt's own rows of the second last layer, and zeros after them", async () => {
		const { hidden, lengths } = await encoded({ ...tiny, use: "z-image", maxLength: LENGTH }, PROMPTS);
		const { dims, data } = hidden[-1]!;
		expect(dims).toEqual([3, LENGTH, 32]);
		for (const i of PROMPTS.keys()) {
			const expected = numbers(`z-image.${i}`);
			expect(lengths![i]).toBe(expected.dims[0]);
			const [from, to] = [i * LENGTH * 32, (i * LENGTH + lengths![i]!) * 32];
			expectClose(float32(data.slice(from, to), expected.dims), expected);
			expect(data.slice(to, (i + 1) * LENGTH * 32).every((value) => value === 0)).toBe(true);
		}
		expect(new Set(lengths).size).toBe(3);
	});

	test("for FLUX.2 klein: three layers, concatenated, also of padding", async () => {
		const { hidden, lengths } = await encoded({ ...tiny, use: KLEIN, maxLength: LENGTH }, PROMPTS);
		const { dims, data } = hidden[-1]!;
		expect(dims).toEqual([3, LENGTH, 96]);
		expect(lengths).toBeUndefined();
		const halves = data.filter((_, i) => Math.floor(i / 96) % 2 === 0);
		expectClose(float32(halves, [3, LENGTH / 2, 96]), numbers("klein"), TOLERANCE);
	});

	test("at any length that fits them", async () => {
		const encoder = await Qwen3TextEncoder.create({ ...tiny, use: "z-image" });
		const [short, long] = [await encoder.encode(PROMPTS.slice(0, 1), { tokens: 30 }), await encoder.encode(PROMPTS)];
		await encoder.release();
		expect(long.hidden[-1]!.dims).toEqual([3, 512, 32]);
		const own = short.lengths![0]! * 32;
		expect(short.lengths![0]).toBe(long.lengths![0]);
		expect(short.hidden[-1]!.data.slice(0, own)).toEqual(long.hidden[-1]!.data.slice(0, own));
	});
});

describe("hidden states are the same as of transformers' Qwen3Model", () => {
	const ids = golden.get("ids") as Tensor<"int64">;
	const tokens = ids.dims[1]!;
	const row = (name: string, i: number) => {
		const { data, dims } = numbers(name);
		const size = data.length / dims[0]!;
		return float32(data.slice(i * size, (i + 1) * size), [1, tokens, dims[2]!]);
	};

	async function biased(type: "float32" | "float16" | "bfloat16") {
		const path = join(folder, `biased-${type}.safetensors`);
		await writeSafetensors(path, qwen3Weights(parseQwen3Config(jsonOf("biased.json"), "biased"), type));
		return { name: "biased", config: jsonOf("biased.json"), weights: await Checkpoint.open(path) };
	}

	test.each(["float32", "float16", "bfloat16"] as const)(
		"all of them, with biases, one key for all heads and no prefix `model.`, from %s weights",
		async (type) => {
			const use = { ...KLEIN, taps: [0, 1, 2] };
			const { hidden } = await encoded({ ...(await biased(type)), use, maxLength: tokens }, ids);
			for (const tap of use.taps) {
				const expected = row(`biased.${tap}`, 0);
				const found = hidden[-1]!.data.slice(0, tokens * 96).filter((_, i) => Math.floor((i % 96) / 32) === tap);
				expectClose(float32(found, expected.dims), expected, TOLERANCE);
			}
		},
	);

	test("all of them, from the embeddings to the last, of a prompt with and without padding", async () => {
		for (let tap = -6; tap < 6; tap++) {
			const use = { ...QWEN3_USES["z-image"], taps: [tap] };
			const { hidden } = await encoded({ ...tiny, tokenizer: undefined, use, maxLength: tokens }, ids);
			const own = 7 * 32;
			const [first, second] = [row(`small.${(tap + 6) % 6}`, 0), row(`small.${(tap + 6) % 6}`, 1)];
			expectClose(float32(hidden[-1]!.data.slice(0, tokens * 32), first.dims), first);
			const rows = hidden[-1]!.data.slice(tokens * 32, tokens * 32 + own);
			expectClose(float32(rows, [1, 7, 32]), float32(second.data.slice(0, own), [1, 7, 32]));
		}
	});

	test("one layer of Qwen3-4B's width, 192 tokens", async () => {
		const config = parseQwen3Config(jsonOf("real.json"), "real");
		const path = join(folder, "real.safetensors");
		await writeSafetensors(path, qwen3Weights(config, "bfloat16"));
		const use = { ...KLEIN, taps: [1] };
		const options = {
			name: "real",
			config: jsonOf("real.json"),
			weights: await Checkpoint.open(path),
			use,
			maxLength: 192,
		};
		const { hidden } = await encoded(options, golden.get("real.ids") as Tensor<"int64">);
		const expected = numbers("real.hidden");
		const [, rows, columns] = expected.dims as [number, number, number];
		const kept = Array.from({ length: rows }, (_, i) => hidden[-1]!.data.subarray(i * 31 * 2560, (i * 31 + 1) * 2560));
		const found = kept.flatMap((values) => [...values.filter((_, i) => i % 16 === 0)]);
		expect(found).toHaveLength(rows * columns);
		expectClose(float32(Float32Array.from(found), expected.dims), expected);
	});
});

describe("Qwen3TextEncoder", () => {
	test("opens a folder with its tokenizer and shards", async () => {
		const encoder = await Qwen3TextEncoder.fromPretrained(pathOf("model"), { use: "z-image", maxLength: LENGTH });
		const { hidden } = await encoder.encode(PROMPTS);
		expect(hidden[-1]).toEqual((await encoded({ ...tiny, use: "z-image", maxLength: LENGTH }, PROMPTS)).hidden[-1]);
		// The last layer and the norm after it belong to the whole model.
		expect(encoder.warnings).toEqual([]);
		await encoder.release();
	});

	test("uses the output layer's table of words if both are tied and a file only has that one", async () => {
		const names = [...tiny.weights.names()];
		const other = (name: string) => (name === "lm_head.weight" ? "model.embed_tokens.weight" : name);
		const weights = {
			name: "tied",
			get: (name: string) => (name === "model.embed_tokens.weight" ? undefined : tiny.weights.get(other(name))),
			names: () => [...names.filter((name) => name !== "model.embed_tokens.weight"), "lm_head.weight"],
		};
		const options = { ...tiny, use: "z-image", maxLength: LENGTH } as const;
		expect((await encoded({ ...options, weights }, PROMPTS)).hidden).toEqual((await encoded(options, PROMPTS)).hidden);
		const config = { ...(tiny.config as object), tie_word_embeddings: false };
		await expect(Qwen3TextEncoder.create({ ...options, weights, config })).rejects.toThrow(
			"weight model.embed_tokens.weight",
		);
	});

	test("loads no layer after its last tap", async () => {
		const needs = async (taps: readonly number[]) => {
			const names = [...tiny.weights.names()].filter((name) => !/layers\.[234]\.|model\.norm/.test(name));
			const weights = { name: "cut", get: tiny.weights.get.bind(tiny.weights), names: () => names };
			const cut = { ...weights, get: (name: string) => (names.includes(name) ? weights.get(name) : undefined) };
			return Qwen3TextEncoder.create({ ...tiny, weights: cut, use: { ...KLEIN, taps } });
		};
		await (await needs([1, 2])).release();
		await expect(needs([1, 3])).rejects.toThrow("weight model.layers.2.");
	});

	test("has a fingerprint that depends on what changes its numbers", async () => {
		const of = async (more: Partial<Qwen3TextEncoderOptions>) =>
			(await Qwen3TextEncoder.create({ ...tiny, use: "z-image", ...more })).fingerprint;
		const plain = await of({});
		expect(await of({ dtype: "float32", threads: 1 })).toBe(plain);
		const others = await Promise.all(
			[
				{ dtype: "int8" } as const,
				{ maxLength: 40 },
				{ use: KLEIN },
				{ use: { ...QWEN3_USES["z-image"], before: "" } },
				{ use: { ...QWEN3_USES["z-image"], taps: [-1] } },
			].map(of),
		);
		expect(new Set([plain, ...others]).size).toBe(6);
		expect(await of({ use: { ...QWEN3_USES["z-image"], taps: [4] } })).toBe(plain);
	});

	test.each([
		["int8", 0.99],
		["int4", 0.95],
	] as const)("is near with weights in %s", async (dtype, least) => {
		const options = { ...(await wide()), use: { ...KLEIN, taps: [1] }, maxLength: 64 };
		const ids = {
			type: "int64",
			dims: [1, 64],
			data: BigInt64Array.from({ length: 64 }, (_, i) => BigInt(i)),
		} as const;
		const full = (await encoded(options, ids)).hidden[-1]!.data;
		const near = (await encoded({ ...options, dtype, cacheFolder: join(folder, dtype) }, ids)).hidden[-1]!.data;
		expect(near).not.toEqual(full);
		expect(cosine(near, full)).toBeGreaterThan(least);
	});

	/** An encoder with matrices that are large enough to be quantised. */
	async function wide() {
		const config = {
			...jsonOf("real.json"),
			hidden_size: 256,
			intermediate_size: 768,
			num_attention_heads: 4,
			num_key_value_heads: 2,
		};
		const path = join(folder, "wide.safetensors");
		await writeSafetensors(path, qwen3Weights(parseQwen3Config(config, "wide"), "float32"));
		return { name: "wide", config, weights: await Checkpoint.open(path) };
	}

	test.each<[string, object, RegExp]>([
		["no use", { use: undefined }, /use of tiny: expected z-image, flux2-klein, or a use of its own, found nothing/],
		["an unknown use", { use: "flux" }, /use of tiny.*found "flux"/],
		[
			"a layer that it does not have",
			{ use: "flux2-klein" },
			/use\.taps of tiny: expected numbers of its 6 hidden states, from -6 to 5/,
		],
		["no layers", { use: { ...KLEIN, taps: [] } }, /use\.taps of tiny/],
		["a template that is not a text", { use: { ...KLEIN, after: undefined } }, /use\.after of tiny: expected a text/],
		[
			"more rows than the pipelines take",
			{ use: KLEIN, maxLength: 513 },
			/maxLength of tiny.*from 1 to 512, found 513/,
		],
		["another name", { use: KLEIN, maxlength: 5 }, /maxlength/],
	])("refuses %s", async (_, more, message) => {
		const making = Qwen3TextEncoder.create({ ...tiny, ...more } as Qwen3TextEncoderOptions);
		await expect(making).rejects.toThrow(ArgumentError);
		await expect(making).rejects.toThrow(message);
	});

	test("refuses a folder without a tokenizer, and prompts if it has none", async () => {
		const bare = join(folder, "bare");
		await cp(pathOf("model"), bare, { recursive: true, filter: (path) => !/tokenizer\.json$/.test(path) });
		const opening = Qwen3TextEncoder.fromPretrained(bare, { use: "z-image" });
		await expect(opening).rejects.toThrow(/tokenizer\.json, or vocab\.json and merges\.txt/);
		await writeFile(join(bare, "config.json"), JSON.stringify({ ...(tiny.config as object), model_type: "qwen2" }));
		const encoder = await Qwen3TextEncoder.create({ ...tiny, tokenizer: undefined, use: "z-image" });
		await expect(encoder.encode(["a"])).rejects.toThrow(/tiny: expected a tokenizer, found none/);
	});
});
