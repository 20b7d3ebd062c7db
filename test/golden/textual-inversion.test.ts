import type { Tensor } from "@drum/tensor";
import { afterAll, expect, test } from "vitest";
import { expectCondition, fixture, readRuns } from "./pictures.ts";
import { type AnyCase, anyOptions, expectRun, openKinds } from "./run-cases.ts";

// Oracle: diffusers' pipelines with textual inversions in each format, by tooling/golden/textual_inversion.py.

type Kind = "sd1" | "sd2" | "sdxl" | "flux";

/** Each checkpoint's files, with the token where the file does not name it. */
const INVERSIONS: Readonly<Record<Kind, readonly (readonly [file: string, token?: string])[]>> = {
	sd1: [["cat-toy/learned_embeds"], ["style"], ["easynegative"]],
	sd2: [["half"]],
	sdxl: [["y2k", "<y2k>"], ["first"]],
	flux: [["vase", "<vase>"]],
};
const KINDS = Object.keys(INVERSIONS) as Kind[];
const pipelines = await openKinds(KINDS);
for (const kind of KINDS) {
	for (const [file, token] of INVERSIONS[kind])
		await pipelines[kind].loadTextualInversion(fixture(`inversions/${file}.safetensors`), { token });
}
afterAll(async () => {
	for (const pipeline of Object.values(pipelines)) await pipeline.release();
});

const { cases, tensors } = readRuns<AnyCase<Kind>>("textual-inversion");
const tensorOf = <T extends "float32" | "uint8">(name: string) => tensors.get(name) as Tensor<T>;

test.each(cases)("$key: the condition within 2e-5", async (settings) => {
	const { prompt2, maxSequenceLength } = anyOptions(settings);
	const { promptEmbeds, pooledPromptEmbeds } = await pipelines[settings.checkpoint].encodePrompt(settings.prompt, {
		prompt2,
		maxSequenceLength,
	});
	expectCondition(promptEmbeds, tensorOf(`${settings.key}.prompt_embeds`));
	const pooled = tensorOf<"float32">(`${settings.key}.pooled_prompt_embeds`);
	expect(pooledPromptEmbeds === undefined).toBe(pooled === undefined);
	if (pooled) expectCondition(pooledPromptEmbeds!, pooled);
});

test.each(cases)("$key: latents within 1e-4, each pixel within 1/255", async (settings) => {
	const { key, prompt, checkpoint } = settings;
	const options = anyOptions(settings);
	const { images, warnings } = await expectRun(key, tensors, (following) =>
		pipelines[checkpoint].generate(prompt, { ...options, ...following }),
	);
	expect(warnings).toEqual([]);
	const tokens = pipelines[settings.checkpoint].textualInversions.map(({ token }) => token);
	expect(images[0]!.parameters.textualInversions).toEqual(tokens);
});
