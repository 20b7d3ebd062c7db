import { type CallSides, ownRows, type Readings } from "@drum/peca";
import { ArgumentError, shown } from "@drum/tensor";
import { negativeTextsOf, readCall } from "./call-texts.ts";
import { checkModelOptions } from "./check-model-options.ts";
import { checkOptions } from "./check-options.ts";
import type { OpenedPipeline } from "./opened-pipeline.ts";
import type { GenerateOptions } from "./options.ts";
import { guidanceOf } from "./plan-run.ts";

/**
 * What each encoder reads with a profile.
 * @throws ArgumentError for `clipSkip`, for another `maxSequenceLength` than the adapter's, and for wrong prompts
 */
export async function personalReadings(
	pipeline: OpenedPipeline,
	prompts: readonly string[],
	options: GenerateOptions,
): Promise<Readings> {
	checkPersonal(pipeline, prompts, options);
	const { texts } = await readCall(pipeline, prompts, guidanceOf(pipeline, options) !== undefined, options);
	return texts!;
}

/**
 * The same for the prompt and the negative prompt, for a profile with dislikes. Without a negative prompt it is the empty one, also for a model that
 * otherwise uses zeros.
 */
export async function personalSides(
	pipeline: OpenedPipeline,
	prompts: readonly string[],
	options: GenerateOptions,
): Promise<CallSides> {
	checkPersonal(pipeline, prompts, options);
	const { negativePrompt = "" } = options;
	const named = { ...options, ...(options.negativePromptEmbeds === undefined && { negativePrompt }) };
	const { texts, negativeTexts } = await readCall(pipeline, prompts, true, named);
	const guided = guidanceOf(pipeline, named) !== undefined;
	return { texts: texts!, negativeTexts, negativeWords: negativeTextsOf(pipeline, named), guided };
}

function checkPersonal(pipeline: OpenedPipeline, prompts: readonly string[], options: GenerateOptions): void {
	const { prompt2, prompt3, promptSyntax, clipSkip, maxSequenceLength } = options;
	const rows = ownRows(pipeline.encoders);
	const next = "Leave it out, or draw without a profile by the pipeline's own generate";
	if (clipSkip) {
		const expected = "none for drum.generate: a profile has the states of the layers in the paper's Table 1";
		throw new ArgumentError({ what: "clipSkip", expected, found: shown(clipSkip), next });
	}
	if (maxSequenceLength !== undefined && maxSequenceLength !== rows) {
		const expected = `${rows ?? "none"} for drum.generate, as the adapter was made for`;
		throw new ArgumentError({ what: "maxSequenceLength", expected, found: shown(maxSequenceLength), next });
	}
	checkOptions({ prompt2, prompt3, promptSyntax }, prompts.length);
	checkModelOptions({ prompt2, prompt3 }, pipeline.model);
}
