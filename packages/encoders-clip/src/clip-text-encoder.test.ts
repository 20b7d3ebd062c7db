import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Session } from "@drum/graph";
import { ArgumentError, CheckpointError, float32, type Tensor, type TextEncoding } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { describe, expect, it, vi } from "vitest";
import { CLIPTextEncoder } from "./index.ts";
import { configOf, encoderOf, tensorsOf, tokenizerOf, weightsOf, writing } from "./testing/checkpoints.ts";

// test/golden compares the numbers with the authors' implementation.

const { folder, write } = await writing();
const sd1 = await encoderOf("sd1", { skips: [-1, -2] });
const projected = await encoderOf("projected");
const PROMPTS = Array.from({ length: 40 }, (_, i) => `${["red", "blue", "old"][i % 3]} cat number ${i} `.repeat(i % 5));

/** Ids with `end` at each of the places, and lower ids elsewhere. */
function idsWith(end: number, ...places: readonly number[]): Tensor<"int64"> {
	const data = BigInt64Array.from({ length: 77 }, (_, i) => BigInt(places.includes(i) ? end : (i * 7) % 40));
	return { type: "int64", dims: [1, 77], data };
}

function rows({ data, dims }: Tensor<"float32">, from: number, to: number): number[] {
	const size = data.length / dims[0]!;
	return [...data.subarray(from * size, to * size)];
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
	expect(a.length).toBe(b.length);
	return Array.from(a, (value, i) => Math.abs(value - b[i]!)).reduce((most, each) => Math.max(most, each), 0);
}

describe("encoding prompts", () => {
	it.each([1, 16, 17, 40])("gives the same for %d at once as one by one", async (count) => {
		const all = await sd1.encode(PROMPTS.slice(0, count));
		expect(all.hidden[-1]!.dims).toEqual([count, 77, 32]);
		expect(all.hidden[-2]!.dims).toEqual([count, 77, 32]);
		expect(all.features!.dims).toEqual([count, 32]);
		for (let i = 0; i < count; i++) {
			const one = await sd1.encode([PROMPTS[i]!]);
			expect(all.classRows![i]).toBe(one.classRows![0]);
			for (const skip of [-1, -2] as const)
				expect(largestDifference(rows(all.hidden[skip]!, i, i + 1), one.hidden[skip]!.data)).toBeLessThan(2e-6);
			expect(largestDifference(rows(all.features!, i, i + 1), one.features!.data)).toBeLessThan(2e-6);
		}
	});

	it("gives the same as encoding their ids", async () => {
		expect(await sd1.encode(sd1.tokenize(PROMPTS))).toEqual(await sd1.encode(PROMPTS));
	});

	it("gives empty tensors for an empty list", async () => {
		const encoding: TextEncoding = {
			hidden: { [-1]: float32(new Float32Array(0), [0, 77, 32]), [-2]: float32(new Float32Array(0), [0, 77, 32]) },
			classRows: [],
			features: float32(new Float32Array(0), [0, 32]),
		};
		expect(await sd1.encode([])).toEqual(encoding);
		expect(await sd1.encode({ type: "int64", dims: [0, 77], data: new BigInt64Array(0) })).toEqual(encoding);
	});

	it("gives only the hidden states that were asked for", async () => {
		const both = await sd1.encode(["a red cat"]);
		expect(Object.keys(both.hidden).sort()).toEqual(["-1", "-2"]);
		const last = await (await encoderOf("sd1")).encode(["a red cat"]);
		expect(Object.keys(last.hidden)).toEqual(["-1"]);
		expect(largestDifference(last.hidden[-1]!.data, both.hidden[-1]!.data)).toBeLessThan(2e-6);
		const before = await (await encoderOf("sd1", { skips: [-2] })).encode(["a red cat"]);
		expect(largestDifference(before.hidden[-2]!.data, both.hidden[-2]!.data)).toBeLessThan(2e-6);
		expect(largestDifference(both.hidden[-1]!.data, both.hidden[-2]!.data)).toBeGreaterThan(0.01);
	});

	it("gives nearly the same from float16 weights", async () => {
		const halved = await encoderOf("sd1", { weights: await weightsOf("sd1", ".fp16") });
		const [a, b] = [await halved.encode(PROMPTS), await sd1.encode(PROMPTS)];
		const difference = largestDifference(a.hidden[-1]!.data, b.hidden[-1]!.data);
		expect(difference).toBeLessThan(2e-2);
		expect(difference).toBeGreaterThan(0);
	});
});

describe("the tokenizer", () => {
	const { config, ...files } = tokenizerOf("sd1");
	const sized = (model_max_length: unknown) => ({ ...files, config: { ...(config as object), model_max_length } });

	it("sets the length of prompts by its model_max_length, if it has one", async () => {
		const short = await encoderOf("sd1", { tokenizer: sized(12) });
		expect(short.tokens).toBe(12);
		const [whole, part] = [await sd1.encode(["a red cat"]), await short.encode(["a red cat"])];
		expect(part.hidden[-1]!.dims).toEqual([1, 12, 32]);
		// Each row depends only on itself and those before it.
		expect(largestDifference(part.hidden[-1]!.data, whole.hidden[-1]!.data.subarray(0, 12 * 32))).toBeLessThan(2e-6);
		expect(short.fingerprint).not.toBe(sd1.fingerprint);
		for (const none of [undefined, 1e30]) expect((await encoderOf("sd1", { tokenizer: sized(none) })).tokens).toBe(77);
	});

	it.each([78, 1, 0, -1, 12.5])("is refused with a model_max_length of %d in a model for 77", async (length) => {
		const refused = encoderOf("sd1", { tokenizer: sized(length) });
		await expect(refused).rejects.toThrow(CheckpointError);
		await expect(refused).rejects.toThrow(`max_position_embeddings, 77, found ${length}`);
	});

	it("is refused on opening if the model has no row for one of its ids", async () => {
		const refused = encoderOf("sd1", { tokenizer: { ...tokenizerOf("sd1"), addedTokens: { "<cat-toy>": 1000 } } });
		await expect(refused).rejects.toThrow(CheckpointError);
		await expect(refused).rejects.toThrow(/ids below the text encoder's vocab_size, 1000, found ids up to 1000/);
	});

	it("returns the text that it cuts off", () => {
		expect(sd1.overflow(["cat ".repeat(80), "cat"])).toEqual(["cat cat cat cat cat", ""]);
	});
});

describe("the class row", () => {
	it("of a legacy configuration, with eos_token_id 2, is at the first place of the largest id", async () => {
		expect(configOf("sd1").eos_token_id).toBe(2);
		expect((await sd1.encode(idsWith(999, 20, 30))).classRows).toEqual([20]);
		expect((await sd1.encode(idsWith(2, 20))).classRows).toEqual([17]);
	});

	it("of a modern configuration is at the first end of text, or at 0 if there is none", async () => {
		const modern = await encoderOf("sd1", { config: { ...configOf("sd1"), eos_token_id: 500 } });
		const ids = idsWith(500, 20, 30);
		ids.data[50] = 999n;
		expect((await modern.encode(ids)).classRows).toEqual([20]);
		expect((await modern.encode(idsWith(999, 20))).classRows).toEqual([0]);
	});

	it("gives the features, normed and projected", async () => {
		const { hidden, classRows, features } = await projected.encode(idsWith(400, 33));
		const at = classRows![0]! * 32;
		const row = float32(hidden[-1]!.data.slice(at, at + 32), [1, 32]);
		const expected = await projected.project(await projected.normalize(row));
		expect(expected.dims).toEqual([1, 32]);
		expect(largestDifference(features!.data, expected.data)).toBeLessThan(2e-6);
	});
});

describe("weights", async () => {
	const ids = idsWith(400, 33);
	const tensors = await tensorsOf(await weightsOf("projected"));
	const without = (prefix: string) =>
		Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name.replace(prefix, ""), tensor]));

	it("give the same without the prefix text_model.", async () => {
		const bare = await encoderOf("projected", { weights: await write(without("text_model.")) });
		expect(await bare.encode(ids)).toEqual(await projected.encode(ids));
		const states = float32(
			Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)),
			[2, 32],
		);
		expect(await bare.normalize(states)).toEqual(await projected.normalize(states));
	});

	it("without a projection give the normed class rows as features", async () => {
		const { "text_projection.weight": _, ...rest } = tensors;
		const plain = await encoderOf("projected", { weights: await write(rest) });
		const [a, b] = [await plain.encode(ids), await projected.encode(ids)];
		expect(a.hidden).toEqual(b.hidden);
		expect(largestDifference((await projected.project(a.features!)).data, b.features!.data)).toBeLessThan(2e-6);
		expect(await plain.project(a.features!)).toBe(a.features);
	});

	it("with a projection to another width give features of that width", async () => {
		const narrow = float32((tensors["text_projection.weight"]!.data as Float32Array).slice(0, 8 * 32), [8, 32]);
		const config = { ...configOf("projected"), projection_dim: 8 };
		const weights = await write({ ...tensors, "text_projection.weight": narrow });
		const encoder = await encoderOf("projected", { weights, config });
		expect((await encoder.encode(ids)).features!.dims).toEqual([1, 8]);
		expect((await encoder.encode({ ...ids, dims: [0, 77], data: new BigInt64Array(0) })).features!.dims).toEqual([
			0, 8,
		]);
	});

	it("give the same in shards", async () => {
		const names = Object.keys(tensors);
		const weight_map: Record<string, string> = {};
		for (const [i, half] of [names.slice(0, 20), names.slice(20)].entries()) {
			const shard = `model-0000${i + 1}-of-00002.safetensors`;
			await writeSafetensors(join(folder, shard), Object.fromEntries(half.map((name) => [name, tensors[name]!])));
			for (const name of half) weight_map[name] = shard;
		}
		const index = join(folder, "model.safetensors.index.json");
		await writeFile(index, JSON.stringify({ weight_map }));
		const sharded = await encoderOf("projected", { weights: await Checkpoint.open(index) });
		expect(await sharded.encode(ids)).toEqual(await projected.encode(ids));
		expect(sharded.fingerprint).toBe(projected.fingerprint);
	});

	it.each([
		["text_model.encoder.layers.2.mlp.fc1.weight", "a tensor [64, 32]", "none in a CLIP text encoder"],
		["text_model.final_layer_norm.bias", "a tensor [32]", "none in a CLIP text encoder"],
	])("without %s are refused before anything is loaded", async (name, wanted, found) => {
		const { [name]: _, ...rest } = tensors;
		const error = await encoderOf("projected", { weights: await write(rest) }).catch((error: unknown) => error);
		expect(error).toBeInstanceOf(CheckpointError);
		expect(error).toMatchObject({ what: expect.stringContaining(`weight ${name} of`), expected: wanted, found });
	});

	it("of another model are refused", async () => {
		const error = await encoderOf("projected", { config: configOf("sd2") }).catch((error: unknown) => error);
		expect(error).toBeInstanceOf(CheckpointError);
		expect(String(error)).toMatch(/token_embedding\.weight of .*: expected \[1000, 48\], found \[1000, 32\]/);
	});
});

describe("ids are refused", () => {
	const data = new BigInt64Array(77);
	it.each<[string, Tensor, string]>([
		[
			"of another length",
			{ type: "int64", dims: [1, 76], data: data.slice(1) },
			"expected [prompts, 77], found [1, 76]",
		],
		["of one axis", { type: "int64", dims: [77], data }, "found [77]"],
		["past the vocabulary", idsWith(1000, 5), "expected from 0 to 999, found 1000 at 0, 5"],
		["below 0", idsWith(-1, 76), "found -1 at 0, 76"],
		["too few for their shape", { type: "int64", dims: [2, 77], data }, "found int64, 77 elements"],
		["of another type", { type: "int32", dims: [1, 77], data: new Int32Array(77) }, "found int32, 77 elements"],
	])("%s", async (_, ids, text) => {
		const call = sd1.encode(ids as Tensor<"int64">);
		await expect(call).rejects.toBeInstanceOf(ArgumentError);
		await expect(call).rejects.toThrow(text);
	});

	it("an encoder without a tokenizer also refuses prompts", async () => {
		expect(() => projected.tokenize(["a"])).toThrow("projected: expected a tokenizer, found none");
		await expect(projected.encode(["a"])).rejects.toBeInstanceOf(ArgumentError);
	});
});

describe("a call", () => {
	const reason = new Error("enough");

	it("can be cancelled before it begins and between batches, without effect on other calls", async () => {
		await expect(sd1.encode(PROMPTS, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
		const control = new AbortController();
		const done: number[] = [];
		const cancelled = sd1.encode(PROMPTS, {
			signal: control.signal,
			onProgress: (count) => {
				done.push(count);
				control.abort(reason);
			},
		});
		const other = sd1.encode(PROMPTS);
		await expect(cancelled).rejects.toBe(reason);
		expect(done).toEqual([16]);
		expect((await other).classRows!.length).toBe(40);
	});

	it("that is cancelled while the model loads does not affect others that wait for it", async () => {
		const encoder = await encoderOf("sd1");
		const control = new AbortController();
		const calls = [encoder.encode(PROMPTS, { signal: control.signal }), encoder.encode(PROMPTS)] as const;
		control.abort(reason);
		await expect(calls[0]).rejects.toBe(reason);
		expect((await calls[1]).classRows!.length).toBe(40);
	});

	it("that is cancelled while the model loads ends at once", async () => {
		const encoder = await encoderOf("sd1");
		const loading = Promise.withResolvers<Session>();
		const create = vi.spyOn(Session, "create").mockReturnValueOnce(loading.promise);
		const control = new AbortController();
		const encoding = encoder.encode(PROMPTS, { signal: control.signal });
		await vi.waitFor(() => expect(create).toHaveBeenCalled());
		control.abort(reason);
		await expect(encoding).rejects.toBe(reason);
		loading.reject(reason);
		create.mockRestore();
	});

	it("reports progress after each batch, up to the end", async () => {
		const told: [number, number][] = [];
		await sd1.encode(PROMPTS, { onProgress: (done, total) => told.push([done, total]) });
		expect(told).toEqual([
			[16, 40],
			[32, 40],
			[40, 40],
		]);
	});
});

describe("release", () => {
	it("leaves an encoder that encodes the same again, and a second one has no effect", async () => {
		const before = await sd1.encode(PROMPTS);
		await sd1.release();
		await sd1.release();
		expect(await sd1.encode(PROMPTS)).toEqual(before);
	});

	it("waits for current encodings, with all their batches", async () => {
		const encoder = await encoderOf("sd1");
		const ended: string[] = [];
		const encoding = encoder.encode(PROMPTS).then((result) => {
			ended.push("encoding");
			return result;
		});
		await encoder.release().then(() => ended.push("release"));
		expect(ended).toEqual(["encoding", "release"]);
		expect((await encoding).hidden[-1]!.dims).toEqual([40, 77, 32]);
	});

	it("has no effect on an encoder that never encoded", async () => {
		const weights = await weightsOf("sd2");
		const encoder = await CLIPTextEncoder.create({ name: "idle", config: configOf("sd2"), weights });
		await encoder.release();
	});
});
