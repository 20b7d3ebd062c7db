import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Profile } from "@drum/peca";
import { DrUM, StableDiffusion } from "@drum/pipelines-sd";
import { adapters, model } from "@drum/tiny";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// Oracle: the same pictures in float32, of trained weights. bfloat16, by PyTorch, is 33.8 dB from them.

const PROMPTS = ["three red hearts on a white ground", "a neon sign of a cat", "a green tree in watercolour"];

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "int8-"));
});
afterAll(() => rm(folder, { recursive: true }));

type Dtype = NonNullable<Parameters<typeof StableDiffusion.fromPretrained>[1]>["dtype"];

async function pixels(dtype: Dtype) {
	await using pipeline = await StableDiffusion.fromPretrained(model, { dtype, threads: 1, cacheDir: folder });
	const { images } = await pipeline.generate(PROMPTS, { seed: 1, numInferenceSteps: 20, guidanceScale: 4 });
	return Float64Array.from(images.flatMap(({ data }) => [...data]));
}

function decibels(found: Float64Array, expected: Float64Array): number {
	const squares = found.reduce((sum, value, i) => sum + (value - expected[i]!) ** 2, 0);
	return 10 * Math.log10((255 ** 2 * found.length) / squares);
}

test("pictures in int8 are nearer to float32's than bfloat16's are", async () => {
	const full = await pixels("auto");
	expect(decibels(await pixels("int8"), full)).toBeGreaterThan(40);
	expect(decibels(await pixels({ vae: "int8" }), full)).toBeGreaterThan(40);
});

describe("a personalised condition in int8", () => {
	const HISTORY = ["a red heart", "two red hearts", "a red star in watercolour", "a red tree"].map((prompt) => ({
		prompt,
	}));

	async function conditionOf(dtype: Dtype, given?: Profile) {
		await using pipeline = await StableDiffusion.fromPretrained(model, { dtype, threads: 1, cacheDir: folder });
		await using drum = await DrUM.attach(pipeline, { adapters });
		const profile = given ?? (await drum.profile(HISTORY, { ratio: 1 }));
		const { promptEmbeds } = await drum.condition("a lighthouse", { profile, alpha: 0.3 });
		return { profile, condition: promptEmbeds.data };
	}

	function distance(found: Float32Array, expected: Float32Array): number {
		const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
		return norm(found.map((value, i) => value - expected[i]!)) / norm(expected);
	}

	test("is near float32's, by the encoder and by the adapter", async () => {
		const { profile, condition } = await conditionOf("auto");
		const ofAdapter = distance((await conditionOf({ adapters: "int8" }, profile)).condition, condition);
		const ofEncoder = distance((await conditionOf({ CLIP: "int8" })).condition, condition);
		const both = distance((await conditionOf("int8")).condition, condition);
		for (const each of [ofAdapter, ofEncoder, both]) {
			expect(each).toBeGreaterThan(1e-4);
			expect(each).toBeLessThan(0.05);
		}
	});

	test("takes no profile of an encoder in float32, and the other way about", async () => {
		const [full, int8] = [await conditionOf("auto"), await conditionOf("int8")];
		const refused = { code: "argument", what: expect.stringContaining("profile") };
		await expect(conditionOf("int8", full.profile)).rejects.toMatchObject(refused);
		await expect(conditionOf({ adapters: "int8" }, int8.profile)).rejects.toMatchObject(refused);
		await expect(conditionOf("float32", full.profile)).resolves.toMatchObject({ condition: full.condition });
	});
});

test.each([{ clip: "int8" }, { T5: "int9" }, { adapters: 8 }])("dtype %j is refused", async (dtype) => {
	const opening = StableDiffusion.fromPretrained(model, { dtype: dtype as never });
	await expect(opening).rejects.toMatchObject({ code: "argument", what: expect.stringContaining("dtype") });
});
