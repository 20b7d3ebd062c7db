import type { NegativeCondition } from "@drum/peca";
import { ArgumentError, type Warning } from "@drum/tensor";
import { negativeTextsOf } from "./call-texts.ts";
import { checkTensor } from "./check-tensor.ts";
import type { OpenedPipeline } from "./opened-pipeline.ts";
import type { GenerateOptions } from "./options.ts";

// The negative condition that comes with a condition, steered by a profile's dislikes.

/** @throws ArgumentError for one that this model's denoiser does not take, or if the call has another negative prompt or condition */
export function checkSteered(
	pipeline: OpenedPipeline,
	{ promptEmbeds, pooledPromptEmbeds, words }: NegativeCondition,
	options: GenerateOptions,
	count: number,
): void {
	const { width, pooledWidth } = pipeline.denoiser;
	const rows = promptEmbeds?.dims?.[0] === 1 ? 1 : count;
	checkTensor("negative.promptEmbeds", promptEmbeds, [rows, null, width]);
	if (pooledWidth !== undefined) checkTensor("negative.pooledPromptEmbeds", pooledPromptEmbeds, [rows, pooledWidth]);
	const { negativePrompt = "" } = options;
	const asked = negativeTextsOf(pipeline, { ...options, negativePrompt });
	if (asked && (!words || JSON.stringify(asked) === JSON.stringify(words))) return;
	throw new ArgumentError({
		what: asked ? "negativePrompt" : "negativePromptEmbeds",
		expected: "none, because the condition has a negative condition already",
		found: "a different one",
		next: "Give the negative prompt to drum.generate, which steers it by the profile's dislikes, or make the condition with negativeAlpha: 0",
	});
}

export function unguidedDislikes(name: string): Warning {
	return {
		code: "dislikes-unused",
		what: "profile",
		message: `The profile's dislikes have no effect, because ${name} draws this call without guidance and so without a negative condition. Use drum.generate, which steers the prompt itself away from them.`,
	};
}
