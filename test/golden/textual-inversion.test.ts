import { DiffusionPipeline, type GenerateOptions } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import type { Tensor } from "@drum/tensor";
import { afterAll, expect, test } from "vitest";
import { expectCondition, expectNumbers, expectPictures, fixture, readRuns } from "./pictures.ts";

// Oracle: diffusers' pipelines with textual inversions in each format, by tooling/golden/textual_inversion.py.

type Kind = "sd1" | "sd2" | "sdxl" | "flux";
interface Case extends Record<string, unknown> {
	key: string;
	checkpoint: Kind;
	prompt: string[];
	steps: number;
}

/** Each checkpoint's files, with the token where the file does not name it. */
const INVERSIONS: Readonly<Record<Kind, readonly (readonly [file: string, token?: string])[]>> = {
	sd1: [["cat-toy/learned_embeds"], ["style"], ["easynegative"]],
	sd2: [["half"]],
	sdxl: [["y2k", "<y2k>"], ["first"]],
	flux: [["vase", "<vase>"]],
};
const pipelines = Object.fromEntries(
	await Promise.all(
		Object.entries(INVERSIONS).map(async ([kind, files]) => {
			const models = [...STABLE_DIFFUSION, ...FLUX];
			const pipeline = await DiffusionPipeline.fromPretrained(fixture(kind), { models });
			for (const [file, token] of files)
				await pipeline.loadTextualInversion(fixture(`inversions/${file}.safetensors`), { token });
			return [kind, pipeline];
		}),
	),
) as Record<Kind, DiffusionPipeline>;
afterAll(async () => {
	for (const pipeline of Object.values(pipelines)) await pipeline.release();
});

/** Under diffusers' names in camelCase. */
function optionsOf({ key, checkpoint, prompt, steps, conditions, ...rest }: Case): GenerateOptions {
	const camel = (name: string) => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
	const entries = Object.entries(rest).map(([name, value]) => [camel(name), value]);
	return { numInferenceSteps: steps, ...Object.fromEntries(entries) };
}

const { cases, tensors } = readRuns<Case>("textual-inversion");
const tensorOf = <T extends "float32" | "uint8">(name: string) => tensors.get(name) as Tensor<T>;

test.each(cases)("$key: the condition within 2e-5", async (settings) => {
	const { prompt2, maxSequenceLength } = optionsOf(settings);
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
	let latents = new Float32Array();
	const onStep = (step: { latents: Float32Array }) => {
		latents = step.latents.slice();
	};
	const options = { ...optionsOf(settings), onStep };
	const { images, warnings } = await pipelines[settings.checkpoint].generate(settings.prompt, options);
	expectNumbers(latents, tensorOf(`${settings.key}.latents`), 1e-4);
	expectPictures(images, tensorOf(`${settings.key}.images`));
	expect(warnings).toEqual([]);
	const tokens = pipelines[settings.checkpoint].textualInversions.map(({ token }) => token);
	expect(images[0]!.parameters.textualInversions).toEqual(tokens);
});
