import { type SchedulerName, StableDiffusion } from "@drum/pipelines-sd";
import type { Tensor } from "@drum/tensor";
import { afterAll, beforeAll, describe, test } from "vitest";
import { DEVICE, expectCondition, expectPictures, fixture, readRuns } from "./pictures.ts";

// Oracle: diffusers' StableDiffusionPipeline on the tiny checkpoints, by tooling/golden/pipeline.py.

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

const { cases, tensors } = readRuns<Case>("pipeline");

describe("StableDiffusion draws what diffusers draws", () => {
	const pipelines = {} as Record<"sd1" | "sd2", StableDiffusion>;
	beforeAll(async () => {
		for (const name of ["sd1", "sd2"] as const)
			pipelines[name] = await StableDiffusion.fromPretrained(fixture(name), { device: DEVICE });
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
		expectPictures(images, tensors.get(`${settings.key}.images`) as Tensor<"uint8">);
	});

	test.each(["sd1", "sd2"] as const)("%s: the prompts' conditions within 2e-5", async (name) => {
		const { promptEmbeds } = await pipelines[name].encodePrompt(cases[0]!.prompt);
		expectCondition(promptEmbeds, tensors.get(`${name}.prompt_embeds`) as Tensor<"float32">);
	});
});
