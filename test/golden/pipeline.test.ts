import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type SchedulerName, StableDiffusion } from "@drum/pipelines-sd";
import { parseSafetensors, type Tensor } from "@drum/tensor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// Oracle: diffusers' StableDiffusionPipeline on the tiny checkpoints, by tooling/golden/pipeline.py.

const fixture = (path: string) => fileURLToPath(new URL(`./fixtures/${path}`, import.meta.url));
const { tensors } = parseSafetensors(readFileSync(fixture("pipeline.safetensors")), "pipeline.safetensors");

interface Case {
	key: string;
	checkpoint: "sd1" | "sd2";
	prompt: string[];
	negative_prompt: string[] | null;
	seed: number | number[];
	steps: number;
	guidance_scale: number;
	height: number;
	width: number;
	num_images_per_prompt?: number;
	scheduler?: SchedulerName;
	eta?: number;
}

const cases: Case[] = JSON.parse(readFileSync(fixture("pipeline.json"), "utf8"));

describe("StableDiffusion draws what diffusers draws", () => {
	const pipelines = {} as Record<"sd1" | "sd2", StableDiffusion>;
	beforeAll(async () => {
		for (const name of ["sd1", "sd2"] as const) pipelines[name] = await StableDiffusion.fromPretrained(fixture(name));
	});
	afterAll(async () => {
		for (const pipeline of Object.values(pipelines)) await pipeline.release();
	});

	test.each(cases)("$key: each pixel within 1/255", async (settings) => {
		const { images } = await pipelines[settings.checkpoint].generate(settings.prompt, {
			negativePrompt: settings.negative_prompt ?? undefined,
			seed: settings.seed,
			numInferenceSteps: settings.steps,
			guidanceScale: settings.guidance_scale,
			height: settings.height,
			width: settings.width,
			numImagesPerPrompt: settings.num_images_per_prompt,
			scheduler: settings.scheduler,
			eta: settings.eta,
		});
		const expected = tensors.get(`${settings.key}.images`) as Tensor<"uint8">;
		const found = Buffer.concat(images.map(({ data }) => data));
		expect([images.length, images[0]!.height, images[0]!.width, 3]).toEqual(expected.dims);
		const largest = found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected.data[i]!)), 0);
		expect(largest).toBeLessThanOrEqual(1);
	});

	test.each(["sd1", "sd2"] as const)("%s: the prompts' conditions within 2e-5", async (name) => {
		const { promptEmbeds } = await pipelines[name].encodePrompt(cases[0]!.prompt);
		const expected = tensors.get(`${name}.prompt_embeds`) as Tensor<"float32">;
		expect(promptEmbeds.dims).toEqual(expected.dims);
		for (const [i, value] of expected.data.entries()) {
			expect(Math.abs(promptEmbeds.data[i]! - value)).toBeLessThanOrEqual(2e-5 + 1e-4 * Math.abs(value));
		}
	});
});
