import type { Texts } from "@drum/peca";
import type { FoundationModel } from "./foundation-model.ts";

/** A prompt for all, or one for each of a list. */
type Prompt = string | readonly string[] | undefined;

/**
 * What each encoder reads: the model's second encoder the second prompt, its third the third; where there is none, or an empty text,
 * the first, as diffusers has it.
 */
export function textsOf(
	{ encoders }: FoundationModel,
	prompts: readonly string[],
	second: Prompt,
	third: Prompt,
): Texts {
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
