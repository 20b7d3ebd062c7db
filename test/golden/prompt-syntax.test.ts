import { DiffusionPipeline, type GenerateOptions } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import type { Tensor } from "@drum/tensor";
import { afterAll, expect, test } from "vitest";
import { expectCondition, expectNumbers, expectPictures, fixture, readRuns } from "./pictures.ts";

// Oracle: the text engines of A1111's web UI, as Forge has them, drawn by diffusers' pipelines, by tooling/golden/prompt_syntax.py.

type Kind = "sd1" | "sd2" | "sdxl" | "sd3" | "flux";
interface Case extends Record<string, unknown> {
	key: string;
	checkpoint: Kind;
	prompt: string[];
	steps: number;
	/** Whether the condition is there. */
	conditions: boolean;
	lpw: boolean;
}

const KINDS: readonly Kind[] = ["sd1", "sd2", "sdxl", "sd3", "flux"];
const pipelines = Object.fromEntries(
	await Promise.all(
		KINDS.map(async (kind) => {
			const models = [...STABLE_DIFFUSION, ...FLUX];
			return [kind, await DiffusionPipeline.fromPretrained(fixture(kind), { models })];
		}),
	),
) as Record<Kind, DiffusionPipeline>;
afterAll(async () => {
	for (const pipeline of Object.values(pipelines)) await pipeline.release();
});

/** Under diffusers' names in camelCase. */
function optionsOf({ key, checkpoint, prompt, steps, conditions, lpw, ...rest }: Case): GenerateOptions {
	const camel = (name: string) => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
	const entries = Object.entries(rest).map(([name, value]) => [camel(name), value]);
	return { numInferenceSteps: steps, promptSyntax: "a1111", ...Object.fromEntries(entries) };
}

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
	let latents = new Float32Array();
	const onStep = (step: { latents: Float32Array }) => {
		latents = step.latents.slice();
	};
	const { images, warnings } = await pipelines[settings.checkpoint].generate(settings.prompt, {
		...optionsOf(settings),
		onStep,
	});
	expectNumbers(latents, tensorOf(`${settings.key}.latents`), 1e-4);
	expectPictures(images, tensorOf(`${settings.key}.images`));
	expect(warnings).toEqual([]);
	expect(images[0]!.parameters).toMatchObject({ prompt: settings.prompt[0], promptSyntax: "a1111" });
});
