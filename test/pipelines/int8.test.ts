import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StableDiffusion } from "@drum/pipelines-sd";
import { model } from "@drum/tiny";
import { afterAll, beforeAll, expect, test } from "vitest";

// Oracle: the same pictures in float32, of trained weights. bfloat16, by PyTorch, is 33.8 dB from them.

const PROMPTS = ["three red hearts on a white ground", "a neon sign of a cat", "a green tree in watercolour"];

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "int8-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function pixels(dtype: NonNullable<Parameters<typeof StableDiffusion.fromPretrained>[1]>["dtype"]) {
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
