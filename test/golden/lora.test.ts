import { DiffusionPipeline, DrUM } from "@drum/pipeline";
import type { Tensor } from "@drum/tensor";
import { expect, test } from "vitest";
import { expectCondition, fixture, readRuns } from "./pictures.ts";
import { expectRun, MODELS, type RunCase, runOptions } from "./run-cases.ts";

// Oracle: diffusers' pipelines and PEFT on tiny checkpoints, with a profile the authors' conditions, by tooling/golden/lora.py.

interface Case extends RunCase {
	/** Scales by file, in the order in which they are loaded. */
	loras: Record<string, number>;
	max_sequence_length?: number;
	personal?: { references: string[]; intensities: number[]; alpha: number };
	/** Whether the prompts' conditions are there. */
	conditions?: boolean;
}

const { cases, tensors } = readRuns<Case>("lora");

async function open({ checkpoint, loras, max_sequence_length: maxSequenceLength }: Case) {
	const pipeline = await DiffusionPipeline.fromPretrained(fixture(checkpoint), { models: MODELS, maxSequenceLength });
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
		const options = runOptions(settings);
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
		await expectRun(key, tensors, (following) =>
			drum
				? drum.generate(prompt, { ...options, ...following, ...personalized })
				: pipeline.generate(prompt, { ...options, ...following }),
		);
	},
);
