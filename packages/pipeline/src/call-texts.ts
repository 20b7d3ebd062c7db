import { type ChunkLayout, type PromptSet, type Readings, readPrompts, type Texts } from "@drum/peca";
import type { FoundationModel } from "./foundation-model.ts";
import type { OpenedPipeline } from "./opened-pipeline.ts";
import type { GenerateOptions } from "./options.ts";

/** A prompt for all pictures, or one for each prompt of a list. */
type Prompt = string | readonly string[] | undefined;

/**
 * What each encoder reads: the model's second encoder the second prompt, and its third the third. An encoder without a prompt of its own, or with an
 * empty one, reads the first, as in diffusers.
 */
function textsOf({ encoders }: FoundationModel, prompts: readonly string[], second: Prompt, third: Prompt): Texts {
	const given = [undefined, second, third];
	return Object.fromEntries(
		Object.keys(encoders).map((name, i) => {
			const own = given[i];
			return [name, own ? (typeof own === "string" ? prompts.map(() => own) : own) : prompts];
		}),
	);
}

/** The option that gave an encoder its prompt: `prompt`, `prompt2`, `negativePrompt3`. */
export function optionOf({ encoders }: FoundationModel, texts: Texts, first: string): (encoder: string) => string {
	const names = Object.keys(encoders);
	const all = texts[names[0]!];
	return (encoder) => (texts[encoder] === all ? first : `${first}${names.indexOf(encoder) + 1}`);
}

/** What each encoder reads as the negative prompt. Undefined if the call gives its condition, or it is zeros. */
export function negativeTextsOf(
	{ model, forceZerosForEmptyPrompt }: OpenedPipeline,
	options: GenerateOptions,
): Texts | undefined {
	const { negativePrompt, negativePrompt2, negativePrompt3, negativePromptEmbeds } = options;
	if (negativePromptEmbeds || (negativePrompt === undefined && forceZerosForEmptyPrompt)) return undefined;
	const lists = [negativePrompt, negativePrompt2, negativePrompt3].filter((given) => typeof given === "object");
	const first = negativePrompt ?? "";
	const prompts = typeof first === "object" ? first : new Array<string>(lists[0]?.length ?? 1).fill(first);
	return textsOf(model, prompts, negativePrompt2, negativePrompt3);
}

/** What the encoders read of a call's prompts and negative prompts, by its syntax. */
export interface CallReadings {
	texts: Readings | undefined;
	negativeTexts: Readings | undefined;
}

/**
 * Reads a call's prompts, and its negative prompt if it is guided. Both conditions get the same number of rows.
 * @param prompts undefined if the call gives their condition
 * @param rows T5's rows, more for a longer prompt; undefined for T5's own rows, never more
 * @param layout of the given condition
 */
export async function readCall(
	pipeline: OpenedPipeline,
	prompts: readonly string[] | undefined,
	isGuided: boolean,
	options: GenerateOptions,
	{ rows, layout }: { rows?: number | undefined; layout?: ChunkLayout | undefined } = {},
): Promise<CallReadings> {
	const { mix, encoders, model } = pipeline;
	const texts = prompts && textsOf(model, prompts, options.prompt2, options.prompt3);
	const negativeTexts = isGuided ? negativeTextsOf(pipeline, options) : undefined;
	if (options.promptSyntax !== "a1111") return { texts, negativeTexts };
	const set = (each: Texts, first: string): PromptSet => ({ texts: each, optionOf: optionOf(model, each, first) });
	const sets = [texts && set(texts, "prompt"), negativeTexts && set(negativeTexts, "negativePrompt")];
	const given = sets.filter((each) => each !== undefined);
	const read = await readPrompts(mix, encoders, given, { rows, layout });
	return { texts: texts && read[0], negativeTexts: negativeTexts && read.at(-1) };
}
