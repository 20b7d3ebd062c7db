import type { Tensor } from "@drum/tensor";
import { expect, test } from "vitest";
import { openPersonal, type PersonalCase, personalOptionsOf } from "./personal-cases.ts";
import { expectCondition, expectPictures, readRuns } from "./pictures.ts";

// Oracle: the authors' conditions, drawn by diffusers' pipelines on tiny checkpoints, by tooling/golden/personal.py.

const { cases, tensors } = readRuns<PersonalCase>("personal");

test.each(cases.filter(({ conditions }) => conditions))("$key: the condition within 2e-5", async (settings) => {
	await using opened = await openPersonal(settings);
	const { drum, profile, alpha } = opened;
	const { promptEmbeds, pooledPromptEmbeds } = await drum.condition(settings.prompt, { profile, alpha });
	expectCondition(promptEmbeds, tensors.get(`${settings.key}.prompt_embeds`) as Tensor<"float32">);
	const pooled = tensors.get(`${settings.key}.pooled_prompt_embeds`) as Tensor<"float32"> | undefined;
	expect(pooledPromptEmbeds === undefined).toBe(pooled === undefined);
	if (pooled) expectCondition(pooledPromptEmbeds!, pooled);
});

test.each(cases)("$key: each pixel within 1/255, also by a profile that was kept in float16", async (settings) => {
	await using opened = await openPersonal(settings);
	const { drum, profile, alpha } = opened;
	for (const each of [profile, await drum.loadProfile(profile.toBytes())]) {
		const { images } = await drum.generate(settings.prompt, {
			profile: each,
			alpha,
			...personalOptionsOf(settings),
		});
		expectPictures(images, tensors.get(`${settings.key}.images`) as Tensor<"uint8">);
	}
});
