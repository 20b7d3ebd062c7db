import { DiffusionPipeline, DrUM } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import type { Tensor } from "@drum/tensor";
import { expect, test } from "vitest";
import { expectCondition, expectNumbers, expectPictures, fixture, readRuns } from "./pictures.ts";

// Oracle: diffusers' pipelines and PEFT on tiny checkpoints, with a profile the authors' conditions, by tooling/golden/lora.py.

interface Case {
	key: string;
	checkpoint: string;
	prompt: string[];
	negative_prompt: string[] | null;
	seed: number;
	steps: number;
	guidance_scale: number;
	height: number;
	width: number;
	/** Scales by file, in the order in which they are loaded. */
	loras: Record<string, number>;
	max_sequence_length?: number;
	personal?: { references: string[]; intensities: number[]; alpha: number };
	/** Whether the prompts' conditions are there. */
	conditions?: boolean;
}

const { cases, tensors } = readRuns<Case>("lora");
const models = [...STABLE_DIFFUSION, ...FLUX];

async function open({ checkpoint, loras, max_sequence_length: maxSequenceLength }: Case) {
	const pipeline = await DiffusionPipeline.fromPretrained(fixture(checkpoint), { models, maxSequenceLength });
	for (const [name, scale] of Object.entries(loras)) {
		const { warnings } = await pipeline.loadLora(fixture(`loras/${name}.safetensors`), { scale });
		expect(warnings).toEqual([]);
	}
	return pipeline;
}

test.each(cases)(
	"$key: the latents within 1e-4, each pixel within 1/255, the conditions within 2e-5",
	async (settings) => {
		await using pipeline = await open(settings);
		const { key, prompt, personal } = settings;
		const latents: Float32Array[] = [];
		const options = {
			negativePrompt: settings.negative_prompt ?? undefined,
			seed: settings.seed,
			numInferenceSteps: settings.steps,
			guidanceScale: settings.guidance_scale,
			height: settings.height,
			width: settings.width,
			onStep: (step: { latents: Float32Array }) => latents.push(step.latents.slice()),
		};
		const drum = personal && (await DrUM.attach(pipeline, { adapters: fixture("adapters") }));
		const history = personal?.references.map((each, i) => ({ prompt: each, intensity: personal.intensities[i] }));
		const personalized = drum && { profile: await drum.profile(history!, { ratio: 1 }), alpha: personal!.alpha };
		const expected = (name: string) => tensors.get(`${key}.${name}`) as Tensor<"float32"> | undefined;
		if (settings.conditions) {
			const found = drum ? await drum.condition(prompt, personalized) : await pipeline.encodePrompt(prompt);
			expectCondition(found.promptEmbeds, expected("prompt_embeds")!);
			if (expected("pooled_prompt_embeds"))
				expectCondition(found.pooledPromptEmbeds!, expected("pooled_prompt_embeds")!);
		}
		const { images } = drum
			? await drum.generate(prompt, { ...options, ...personalized })
			: await pipeline.generate(prompt, options);
		expectNumbers(latents.at(-1)!, expected("latents")!, 1e-4);
		expectPictures(images, tensors.get(`${key}.images`) as Tensor<"uint8">);
	},
);
