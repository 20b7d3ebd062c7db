import { DiffusionPipeline, DrUM } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import type { Tensor } from "@drum/tensor";
import { expect, test } from "vitest";
import { expectCondition, expectPictures, fixture, readRuns } from "./pictures.ts";

// Oracle: the authors' conditions, drawn by diffusers' pipelines on tiny checkpoints, by tooling/golden/personal.py.

interface Case {
	key: string;
	checkpoint: string;
	prompt: string[];
	negative_prompt: string | string[] | null;
	seed: number;
	steps: number;
	guidance_scale: number;
	true_cfg_scale?: number;
	height: number;
	width: number;
	personal: { references: string[]; intensities: number[] | null; alpha: number };
	/** Whether the condition is there. */
	conditions?: boolean;
}

const { cases, tensors } = readRuns<Case>("personal");

async function open({ checkpoint, personal: { references, intensities, alpha } }: Case) {
	const models = [...STABLE_DIFFUSION, ...FLUX];
	const pipeline = await DiffusionPipeline.fromPretrained(fixture(checkpoint), { models });
	const drum = await DrUM.attach(pipeline, { adapters: fixture("adapters") });
	const history = references.map((prompt, i) => ({ prompt, intensity: intensities?.[i] }));
	const profile = await drum.profile(history, { ratio: 1 });
	return { drum, profile, alpha, [Symbol.asyncDispose]: () => pipeline.release() };
}

test.each(cases.filter(({ conditions }) => conditions))("$key: the condition within 2e-5", async (settings) => {
	await using opened = await open(settings);
	const { drum, profile, alpha } = opened;
	const { promptEmbeds, pooledPromptEmbeds } = await drum.condition(settings.prompt, { profile, alpha });
	expectCondition(promptEmbeds, tensors.get(`${settings.key}.prompt_embeds`) as Tensor<"float32">);
	const pooled = tensors.get(`${settings.key}.pooled_prompt_embeds`) as Tensor<"float32"> | undefined;
	expect(pooledPromptEmbeds === undefined).toBe(pooled === undefined);
	if (pooled) expectCondition(pooledPromptEmbeds!, pooled);
});

test.each(cases)("$key: each pixel within 1/255, also by a profile that was kept in float16", async (settings) => {
	await using opened = await open(settings);
	const { drum, profile, alpha } = opened;
	for (const each of [profile, await drum.loadProfile(profile.toBytes())]) {
		const { images } = await drum.generate(settings.prompt, {
			profile: each,
			alpha,
			negativePrompt: settings.negative_prompt ?? undefined,
			seed: settings.seed,
			numInferenceSteps: settings.steps,
			guidanceScale: settings.guidance_scale,
			trueCfgScale: settings.true_cfg_scale,
			height: settings.height,
			width: settings.width,
		});
		expectPictures(images, tensors.get(`${settings.key}.images`) as Tensor<"uint8">);
	}
});
