import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Adapter, composePlain, MIXES } from "@drum/peca";
import { ArgumentError, CheckpointError, float32, type Tensor } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { failureOf, MadeUpEncoder, madeUpAdapter, type Sizes, temporaryFolder } from "@drum/test-made-up";
import { TYPESCRIPT } from "@drum/test-process";
import { afterAll, describe, expect, test } from "vitest";

const SIZES: Sizes = { width: 16, heads: 4, tokens: 7 };
const encoder = new MadeUpEncoder(SIZES, "ViT-L");
const { folder, remove } = await temporaryFolder();
afterAll(remove);
const made = await madeUpAdapter(folder, SIZES);

const zeros = (...dims: number[]): Tensor<"float32"> =>
	float32(new Float32Array(dims.reduce((size, dim) => size * dim, 1)), dims);

describe("an adapter's file is refused", () => {
	const refused = async (name: string, change: (weights: Map<string, Tensor>) => void) => {
		const weights = new Map<string, Tensor>(made.weights);
		change(weights);
		const path = join(folder, `${name}.safetensors`);
		await writeSafetensors(path, weights);
		const checkpoint = await Checkpoint.open(path);
		const error = await failureOf(() => Adapter.create({ weights: checkpoint, encoder }));
		expect(error).toBeInstanceOf(CheckpointError);
		expect(error.message).toContain(path);
		return error;
	};

	test("for an encoder of another kind, naming it", async () => {
		const other = new MadeUpEncoder({ width: 32, heads: 2, tokens: 9 }, "ViT-H");
		const error = await failureOf(() => Adapter.create({ weights: made.checkpoint, encoder: other }));
		expect(error).toBeInstanceOf(CheckpointError);
		expect(error.message).toContain(made.path);
		expect(error.expected).toContain("[1, 10, 32]");
		expect(error.found).toBe("[1, 8, 16]");
		expect(error.next).toContain("ViT-H");
	});

	test("for an encoder whose prompts have different numbers of rows", async () => {
		const other = Object.assign(new MadeUpEncoder(SIZES, "Qwen3"), { hasLengths: true });
		const error = await failureOf(() => Adapter.create({ weights: made.checkpoint, encoder: other }));
		expect(error).toMatchObject({ code: "argument", what: "the text encoder Qwen3" });
		const encoders = { L: other };
		expect(await failureOf(() => composePlain(MIXES.sd1, encoders, ["a"]))).toMatchObject({ what: error.what });
	});

	test("for an encoder whose number of heads does not fit its width", async () => {
		const reduced = await madeUpAdapter(folder, { ...SIZES, heads: 3 }, { inner: 8 });
		const error = await failureOf(() =>
			Adapter.create({ weights: reduced.checkpoint, encoder: new MadeUpEncoder({ ...SIZES, heads: 3 }) }),
		);
		expect(error).toBeInstanceOf(CheckpointError);
	});

	test("without a weight, naming it and its shape", async () => {
		const error = await refused("missing", (weights) => weights.delete("tf.1.attn.key.weight"));
		expect(error.what).toContain("tf.1.attn.key.weight");
		expect(error.expected).toContain("[16, 16]");
	});

	test("with a weight of another shape, naming both", async () => {
		const error = await refused("misshaped", (weights) => weights.set("tf.0.norm2.bias", zeros(15)));
		expect(error).toMatchObject({ expected: "[16]", found: "[15]" });
		expect(error.what).toContain("tf.0.norm2.bias");
	});

	test("with a weight of integers", async () => {
		const bias: Tensor = { type: "int32", dims: [16], data: new Int32Array(16) };
		expect((await refused("integers", (weights) => weights.set("tf.0.ff.2.bias", bias))).found).toBe("int32");
	});

	test("without blocks, or with one missing", async () => {
		const dropping = (start: string) => (weights: Map<string, Tensor>) => {
			for (const name of weights.keys()) if (name.startsWith(start)) weights.delete(name);
		};
		expect((await refused("none", dropping("tf."))).expected).toContain("tf.0");
		expect((await refused("gap", dropping("tf.0."))).what).toContain("tf.0");
	});

	test("without a base query", async () => {
		expect((await refused("no-query", (weights) => weights.delete("base_query"))).found).toBe("none");
	});

	test("with weights of blocks that are not used", async () => {
		const error = await refused("more", (weights) => weights.set("tf.0.attn.gate.weight", zeros(4, 4)));
		expect(error.found).toBe("1 more weights, such as tf.0.attn.gate.weight");
		expect((await refused("pre", (weights) => weights.set("pre_proj.weight", zeros(4, 16)))).found).toContain(
			"pre_proj",
		);
	});
});

test("tensors outside the blocks, left over from training, are ignored", async () => {
	const { checkpoint } = await madeUpAdapter(folder, SIZES, { more: { pos_emb: [1, 8, 16], "optimizer.step": [1] } });
	expect(Adapter.create({ weights: checkpoint, encoder }).config.layers).toBe(2);
});

describe("a call is refused", () => {
	const adapter = Adapter.create({ weights: made.checkpoint, encoder, threads: 1 });
	afterAll(() => adapter.release());

	test.each([
		["no references", zeros(0, 7, 16), []],
		["references of another width", zeros(2, 7, 15), [1, 1]],
		["references of other tokens", zeros(2, 6, 16), [1, 1]],
		["more intensities than references", zeros(2, 7, 16), [1, 1, 1]],
		["fewer values than the shape says", { ...zeros(2, 7, 16), data: new Float32Array(3) }, [1, 1]],
		["a negative intensity", zeros(2, 7, 16), [1, -1]],
		["an intensity that is no number", zeros(2, 7, 16), [1, Number.NaN]],
		["an infinite intensity", zeros(2, 7, 16), [1, Number.POSITIVE_INFINITY]],
		["intensities of 0 alone", zeros(2, 7, 16), [0, 0]],
	])("for %s", async (_, references, intensities) => {
		expect(await failureOf(() => adapter.ready(references, intensities))).toBeInstanceOf(ArgumentError);
	});

	test("for targets of another shape and for a wrong α", async () => {
		const ready = await adapter.ready(zeros(2, 7, 16), [1, 1]);
		for (const target of [zeros(0, 7, 16), zeros(1, 7, 8), zeros(7, 16)])
			expect((await failureOf(() => adapter.personalize(target, ready, 0.5))).what).toBe("target");
		for (const alpha of [-0.1, 1.1, Number.NaN])
			expect((await failureOf(() => adapter.personalize(zeros(1, 7, 16), ready, alpha))).what).toBe("alpha");
		await ready.release();
	});
});

describe("an adapter in use", () => {
	test("works after a release, and references can be released twice", async () => {
		const adapter = Adapter.create({ weights: made.checkpoint, encoder, threads: 1 });
		const target = zeros(1, 7, 16);
		const ready = await adapter.ready(zeros(2, 7, 16), [1, 1]);
		const before = await adapter.personalize(target, ready, 0.5);
		await adapter.release();
		await adapter.release();
		expect(await adapter.personalize(target, ready, 0.5)).toEqual(before);
		await ready.release();
		await ready.release();
		await adapter.release();
	});

	test("a cancelled call throws its signal's reason and does not affect others", async () => {
		const adapter = Adapter.create({ weights: made.checkpoint, encoder, threads: 1 });
		const ready = await adapter.ready(zeros(2, 7, 16), [1, 1]);
		const cancelled = new AbortController();
		const calls = [cancelled.signal, undefined].map((signal) =>
			adapter.personalize(zeros(1, 7, 16), ready, 0.5, signal),
		);
		cancelled.abort("enough");
		const [first, second] = await Promise.allSettled(calls);
		expect(first).toEqual({ status: "rejected", reason: "enough" });
		expect(second!.status).toBe("fulfilled");
		await ready.release();
		await adapter.release();
	});

	test("uses about as much memory for 400 references that are not kept as for 50", async () => {
		// All scores of 350 references at once would be 32 heads × 78 rows × 77 tokens × 4 bytes × 350 = 269 MB, their states are 14 MB.
		const sizes: Sizes = { width: 128, heads: 32, tokens: 77 };
		const { path } = await madeUpAdapter(folder, sizes);
		const held = async (references: number) => {
			const script = join(import.meta.dirname, "testing/passing-process.ts");
			const input = [path, String(references), JSON.stringify(sizes)];
			return Number((await promisify(execFile)(process.execPath, [...TYPESCRIPT, script, ...input])).stdout);
		};
		expect((await held(400)) - (await held(50))).toBeLessThan(150e6);
	});
});
