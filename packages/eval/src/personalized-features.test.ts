import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CLIPTextEncoder } from "@drum/encoders-clip";
import { Adapter } from "@drum/peca";
import { ArgumentError, float32, parseSafetensors, type Tensor, type TextEncoder } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { afterAll, describe, expect, test } from "vitest";
import { personalizedFeatures, scoresOf, userFeatures } from "./index.ts";

// Oracle: the authors' own code on tiny models, whose pooled condition for Stable Diffusion 3 is ViT-L's personalised text
// feature beside ViT-bigG's.

const FIXTURES = new URL("../../../test/golden/fixtures/reference/", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, FIXTURES));
const { tensors } = parseSafetensors(read("vectors.safetensors"), "vectors");
const manifest = JSON.parse(read("manifest.json").toString()) as {
	encoders: Record<string, { empty_input_ids: number[] }>;
	cases: { mix: string; references: number; weights: number[] | null; alpha: number }[];
};
const NAMES = ["L", "bigG"] as const;

/** The encoder of a name, which knows prompts by the names of their ids; several of one tensor by `name/row`. */
async function open(name: "L" | "bigG") {
	const checkpoint = (file: string) => Checkpoint.open(fileURLToPath(new URL(`${name}/${file}.safetensors`, FIXTURES)));
	const config = JSON.parse(read(`${name}/config.json`).toString());
	const real = await CLIPTextEncoder.create({ name, config, weights: await checkpoint("model") });
	const tokenize = (prompts: readonly string[]): Tensor<"int64"> => {
		const rows = prompts.map((prompt) => {
			const [key, row] = prompt.split("/") as [string, string];
			return (tensors.get(key) as Tensor<"int64">).data.slice(Number(row) * 77, (Number(row) + 1) * 77);
		});
		return { type: "int64", dims: [rows.length, 77], data: BigInt64Array.from(rows.flatMap((each) => [...each])) };
	};
	const encoder: TextEncoder = {
		...{ name, width: real.width, heads: real.heads, tokens: real.tokens },
		...{ hasClassRow: true, fingerprint: real.fingerprint, tokenize },
		encode: (prompts, options) => real.encode("dims" in prompts ? prompts : tokenize(prompts), options),
		normalize: (rows) => real.normalize(rows),
		project: (rows) => real.project(rows),
		release: () => real.release(),
	};
	const adapter = Adapter.create({ weights: await checkpoint("adapter"), encoder });
	const empty = BigInt64Array.from(manifest.encoders[name]!.empty_input_ids, BigInt);
	await adapter.baseQuery({ type: "int64", dims: [1, 77], data: empty });
	afterAll(async () => {
		await adapter.release();
		await real.release();
	});
	return { encoder, adapter };
}

const parts = { L: await open("L"), bigG: await open("bigG") };

function expectClose(found: Tensor<"float32">, expected: Float32Array): void {
	expect(found.dims).toEqual([1, expected.length]);
	for (const [i, value] of expected.entries())
		expect(Math.abs(found.data[i]! - value)).toBeLessThanOrEqual(2e-5 + 1e-4 * Math.abs(value));
}

const cases = manifest.cases.flatMap((each, i) => (each.mix === "sd3" ? [{ ...each, i }] : []));

describe.each(NAMES)("the personalised text feature behind %s", (name) => {
	test.each(cases)("is the authors': $references references, α $alpha", async ({ i, references, weights, alpha }) => {
		const history = Array.from({ length: references }, (_, row) => ({
			prompt: `case${i}.${name}.reference_ids/${row}`,
			intensity: weights?.[row],
		}));
		const prompts = [`case${i}.${name}.prompt_ids/0`];
		const found = await personalizedFeatures({ ...parts[name], prompts, references: history, alpha });
		const pooled = (tensors.get(`case${i}.pooled_prompt_embeds`) as Tensor<"float32">).data;
		const width = parts.L.encoder.width;
		expectClose(found, name === "L" ? pooled.subarray(0, width) : pooled.subarray(width));
	});

	test("of several prompts at once are those of each", async () => {
		const { i } = cases.find(({ references }) => references === 3)!;
		const references = [0, 1, 2].map((row) => ({
			prompt: `case${i}.${name}.reference_ids/${row}`,
			intensity: row + 1,
		}));
		const prompts = cases.map((each) => `case${each.i}.${name}.prompt_ids/0`);
		const all = await personalizedFeatures({ ...parts[name], prompts, references });
		for (const [row, prompt] of prompts.entries()) {
			const one = await personalizedFeatures({ ...parts[name], prompts: [prompt], references, alpha: 0.3 });
			const width = all.dims[1]!;
			expectClose(one, all.data.slice(row * width, (row + 1) * width));
		}
	});

	test("without references is the prompt's own, so that Text align to the target is 100", async () => {
		const user = {
			targets: [`case${cases[0]!.i}.${name}.prompt_ids/0`],
			history: [{ prompt: `case${cases[1]!.i}.${name}.reference_ids/0`, intensity: 0.5 }],
		};
		const features = await userFeatures(parts[name].encoder, user);
		const plain = await personalizedFeatures({ ...parts[name], prompts: user.targets, references: [] });
		const scores = scoresOf(plain, features);
		expect(scores.target).toBeCloseTo(100, 4);
		expect(features.intensities).toEqual([0.5]);
		const history = await personalizedFeatures({ ...parts[name], prompts: [user.history[0]!.prompt], references: [] });
		expect(scoresOf(history, { ...features, targets: history }).history).toBeCloseTo(50, 4);
	});
});

describe("what cannot be measured is refused", () => {
	const { encoder, adapter } = parts.L;
	const prompts = [`case${cases[0]!.i}.L.prompt_ids/0`];
	const references = [{ prompt: `case${cases[1]!.i}.L.reference_ids/0` }];
	const t5: TextEncoder = {
		...encoder,
		name: "T5",
		hasClassRow: false,
		encode: async () => ({
			hidden: { [-1]: float32(new Float32Array(77 * 32), [1, 77, 32]) },
			classRows: undefined,
			features: undefined,
		}),
	};

	test.each<[string, object, string]>([
		["an α beyond 1", { alpha: 1.5 }, "alpha"],
		["no prompts", { prompts: [] }, "prompt"],
		["a reference that is none", { references: [{ prompt: "" }] }, "history row 0"],
		["T5, which has no class row", { encoder: t5 }, "encoder T5"],
		["T5, which has no features", { encoder: t5, references: [] }, "encoder T5"],
	])("%s", async (_, change, what) => {
		const call = personalizedFeatures({ encoder, adapter, prompts, references, ...change });
		await expect(call).rejects.toThrow(ArgumentError);
		await expect(call).rejects.toThrow(what);
	});

	test("a cancelled call, with the signal's reason", async () => {
		const reason = new Error("enough");
		const signal = AbortSignal.abort(reason);
		await expect(personalizedFeatures({ encoder, adapter, prompts, references, signal })).rejects.toBe(reason);
	});
});
