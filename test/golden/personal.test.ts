import type { Tensor } from "@drum/tensor";
import { expect, test } from "vitest";
import { openDrum, type PersonalCase, personalOptionsOf, profileOf } from "./personal-cases.ts";
import { expectCondition, expectPictures, readRuns } from "./pictures.ts";
import { openedOnce } from "./run-cases.ts";

// Oracle: the authors' conditions, drawn by diffusers' pipelines on tiny checkpoints, by tooling/golden/personal.py.

const { cases, tensors } = readRuns<PersonalCase>("personal");
const opened = openedOnce<Awaited<ReturnType<typeof openDrum>>>();

async function openShared(settings: PersonalCase) {
	const { drum } = await opened(settings.checkpoint, () => openDrum(settings.checkpoint));
	return { drum, profile: await profileOf(drum, settings), alpha: settings.personal.alpha };
}

test.each(cases.filter(({ conditions }) => conditions))("$key: the condition within 2e-5", async (settings) => {
	const { drum, profile, alpha } = await openShared(settings);
	const { promptEmbeds, pooledPromptEmbeds } = await drum.condition(settings.prompt, { profile, alpha });
	expectCondition(promptEmbeds, tensors.get(`${settings.key}.prompt_embeds`) as Tensor<"float32">);
	const pooled = tensors.get(`${settings.key}.pooled_prompt_embeds`) as Tensor<"float32"> | undefined;
	expect(pooledPromptEmbeds === undefined).toBe(pooled === undefined);
	if (pooled) expectCondition(pooledPromptEmbeds!, pooled);
});

test.each(cases)("$key: each pixel within 1/255, also by a profile that was kept in float16", async (settings) => {
	const { drum, profile, alpha } = await openShared(settings);
	for (const each of [profile, await drum.loadProfile(profile.toBytes())]) {
		const { images } = await drum.generate(settings.prompt, {
			profile: each,
			alpha,
			...personalOptionsOf(settings),
		});
		expectPictures(images, tensors.get(`${settings.key}.images`) as Tensor<"uint8">);
	}
});
