import { DiffusionPipeline, type GenerateOptions, type Seed } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import type { Tensor } from "@drum/tensor";
import { describe, test } from "vitest";
import { expectCondition, expectNumbers, expectPictures, fixture, readRuns } from "./pictures.ts";

// Oracle: diffusers' pipelines on tiny checkpoints of each family, by tooling/golden/pipeline.py.

interface Case {
	key: string;
	checkpoint: string;
	prompt: string[];
	negative_prompt: string | string[] | null;
	seed: Seed;
	steps: number;
	guidance_scale: number;
	height: number;
	width: number;
	num_images_per_prompt?: number;
	scheduler?: GenerateOptions["scheduler"];
	scheduler_config?: Record<string, unknown>;
	guidance_rescale?: number;
	true_cfg_scale?: number;
	skip_guidance_layers?: number[];
	skip_layer_guidance_scale?: number;
	skip_layer_guidance_start?: number;
	skip_layer_guidance_stop?: number;
	max_sequence_length?: number;
	original_size?: [number, number];
	crops_coords_top_left?: [number, number];
	target_size?: [number, number];
	negative_original_size?: [number, number];
	negative_crops_coords_top_left?: [number, number];
	negative_target_size?: [number, number];
	/** Whether the prompts' conditions are there. */
	conditions?: boolean;
}

/** Under diffusers' names in camelCase. */
function optionsOf(each: Case): GenerateOptions {
	return {
		negativePrompt: each.negative_prompt ?? undefined,
		seed: each.seed,
		numInferenceSteps: each.steps,
		guidanceScale: each.guidance_scale,
		height: each.height,
		width: each.width,
		numImagesPerPrompt: each.num_images_per_prompt,
		scheduler: each.scheduler,
		guidanceRescale: each.guidance_rescale,
		trueCfgScale: each.true_cfg_scale,
		skipGuidanceLayers: each.skip_guidance_layers,
		skipLayerGuidanceScale: each.skip_layer_guidance_scale,
		skipLayerGuidanceStart: each.skip_layer_guidance_start,
		skipLayerGuidanceStop: each.skip_layer_guidance_stop,
		originalSize: each.original_size,
		cropsCoordsTopLeft: each.crops_coords_top_left,
		targetSize: each.target_size,
		negativeOriginalSize: each.negative_original_size,
		negativeCropsCoordsTopLeft: each.negative_crops_coords_top_left,
		negativeTargetSize: each.negative_target_size,
	};
}

describe.each(["sd2", "sdxl", "sd3", "flux"])("%s", (family) => {
	const { cases, tensors } = readRuns<Case>(`pipeline-${family}`);
	const open = ({ checkpoint, scheduler_config, max_sequence_length }: Case) =>
		DiffusionPipeline.fromPretrained(fixture(checkpoint), {
			models: [...FLUX, ...STABLE_DIFFUSION],
			schedulerConfig: scheduler_config,
			maxSequenceLength: max_sequence_length,
		});

	test.each(cases)("$key: each pixel within 1/255", async (settings) => {
		await using pipeline = await open(settings);
		const latents: Float32Array[] = [];
		const onStep = (step: { latents: Float32Array }) => latents.push(step.latents.slice());
		const { images } = await pipeline.generate(settings.prompt, { ...optionsOf(settings), onStep });
		expectNumbers(latents.at(-1)!, tensors.get(`${settings.key}.latents`) as Tensor<"float32">, 1e-4);
		const each = tensors.get(`${settings.key}.step_latents`) as Tensor<"float32"> | undefined;
		if (each) expectNumbers(Float32Array.from(latents.flatMap((values) => [...values])), each, 1e-4);
		expectPictures(images, tensors.get(`${settings.key}.images`) as Tensor<"uint8">);
	});

	test.each(cases.filter(({ conditions }) => conditions))("$key: the conditions within 2e-5", async (settings) => {
		await using pipeline = await open(settings);
		const { promptEmbeds, pooledPromptEmbeds } = await pipeline.encodePrompt(settings.prompt);
		const expected = (name: string) => tensors.get(`${settings.key}.${name}`) as Tensor<"float32">;
		expectCondition(promptEmbeds, expected("prompt_embeds"));
		if (family !== "sd2") expectCondition(pooledPromptEmbeds!, expected("pooled_prompt_embeds"));
	});
});
