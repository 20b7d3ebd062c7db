import { type ChunkLayout, type PromptSet, type Readings, readPrompts, type Texts } from "@drum/peca";
import type { FoundationModel } from "./foundation-model.ts";
import type { OpenedPipeline } from "./opened-pipeline.ts";
import type { GenerateOptions } from "./options.ts";

/** A prompt for all, or one for each of a list. */
type Prompt = string | readonly string[] | undefined;

/**
 * What each encoder reads: the model's second encoder the second prompt, its third the third; where there is none, or an empty text,
 * the first, as diffusers has it.
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

/** What each encoder reads as the negative prompt; undefined where its condition is given, or is zeros. */
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

/** What a call's prompts and negative prompts are to its encoders, by its syntax. */
export interface CallReadings {
	texts: Readings | undefined;
	negativeTexts: Readings | undefined;
}

/**
 * Reads a call's prompts, and its negative one where it is guided; conditions of both get as many rows.
 * @param prompts undefined where their condition is there
 * @param rows T5's; undefined for its own and no more
 * @param layout of the condition that is there
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
