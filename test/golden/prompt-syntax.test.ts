import type { Tensor } from "@drum/tensor";
import { afterAll, expect, test } from "vitest";
import { expectCondition, readRuns } from "./pictures.ts";
import { type AnyCase, anyOptions, expectRun, openKinds } from "./run-cases.ts";

// Oracle: the text engines of A1111's web UI, as Forge has them, drawn by diffusers' pipelines, by tooling/golden/prompt_syntax.py.

type Kind = "sd1" | "sd2" | "sdxl" | "sd3" | "flux";
interface Case extends AnyCase<Kind> {
	/** Whether diffusers' community pipeline was asked too. */
	lpw: boolean;
}

const KINDS: readonly Kind[] = ["sd1", "sd2", "sdxl", "sd3", "flux"];
const pipelines = await openKinds(KINDS);
afterAll(async () => {
	for (const pipeline of Object.values(pipelines)) await pipeline.release();
});

const optionsOf = ({ lpw, ...rest }: Case) => ({ promptSyntax: "a1111", ...anyOptions(rest) }) as const;

const { cases, tensors } = readRuns<Case>("prompt-syntax");
const tensorOf = <T extends "float32" | "uint8">(name: string) => tensors.get(name) as Tensor<T>;

test.each(cases.filter(({ conditions }) => conditions))("$key: the condition within 2e-5", async (settings) => {
	const { prompt2, prompt3, promptSyntax, clipSkip, maxSequenceLength } = optionsOf(settings);
	const options = { prompt2, prompt3, promptSyntax, clipSkip, maxSequenceLength };
	const { promptEmbeds, pooledPromptEmbeds } = await pipelines[settings.checkpoint].encodePrompt(
		settings.prompt,
		options,
	);
	expectCondition(promptEmbeds, tensorOf(`${settings.key}.prompt_embeds`));
	const pooled = tensorOf<"float32">(`${settings.key}.pooled_prompt_embeds`);
	expect(pooledPromptEmbeds === undefined).toBe(pooled === undefined);
	if (pooled) expectCondition(pooledPromptEmbeds!, pooled);
});

test.each(cases)("$key: latents within 1e-4, each pixel within 1/255, nothing cut", async (settings) => {
	const { key, prompt, checkpoint } = settings;
	const options = optionsOf(settings);
	const { images, warnings } = await expectRun(key, tensors, (following) =>
		pipelines[checkpoint].generate(prompt, { ...options, ...following }),
	);
	expect(warnings).toEqual([]);
	expect(images[0]!.parameters).toMatchObject({ prompt: settings.prompt[0], promptSyntax: "a1111" });
});
