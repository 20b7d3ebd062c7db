import type { DiffusionPipeline } from "@drum/pipeline";
import type { Tensor } from "@drum/tensor";
import { describe, test } from "vitest";
import { type FamilyCase, openFamily, optionsOf } from "./family-cases.ts";
import { expectCondition, expectNumbers, expectPictures, readRuns } from "./pictures.ts";
import { openedOnce } from "./run-cases.ts";

// Oracle: diffusers' pipelines on tiny checkpoints of each family, by tooling/golden/pipeline.py.

const opened = openedOnce<DiffusionPipeline>();

function openShared(settings: FamilyCase): Promise<DiffusionPipeline> {
	const { checkpoint, scheduler_config, max_sequence_length } = settings;
	return opened([checkpoint, scheduler_config, max_sequence_length], () => openFamily(settings));
}

describe.each(["sd2", "sdxl", "sd3", "flux"])("%s", (family) => {
	const { cases, tensors } = readRuns<FamilyCase>(`pipeline-${family}`);

	test.each(cases)("$key: each pixel within 1/255", async (settings) => {
		const pipeline = await openShared(settings);
		const latents: Float32Array[] = [];
		const onStep = (step: { latents: Float32Array }) => latents.push(step.latents.slice());
		const { images } = await pipeline.generate(settings.prompt, { ...optionsOf(settings), onStep });
		expectNumbers(latents.at(-1)!, tensors.get(`${settings.key}.latents`) as Tensor<"float32">, 1e-4);
		const each = tensors.get(`${settings.key}.step_latents`) as Tensor<"float32"> | undefined;
		if (each) expectNumbers(Float32Array.from(latents.flatMap((values) => [...values])), each, 1e-4);
		expectPictures(images, tensors.get(`${settings.key}.images`) as Tensor<"uint8">);
	});

	test.each(cases.filter(({ conditions }) => conditions))("$key: the conditions within 2e-5", async (settings) => {
		const pipeline = await openShared(settings);
		const { promptEmbeds, pooledPromptEmbeds } = await pipeline.encodePrompt(settings.prompt);
		const expected = (name: string) => tensors.get(`${settings.key}.${name}`) as Tensor<"float32">;
		expectCondition(promptEmbeds, expected("prompt_embeds"));
		if (family !== "sd2") expectCondition(pooledPromptEmbeds!, expected("pooled_prompt_embeds"));
	});
});
