import { type Adapter, checkAlpha, checkPrompts, type HistoryItem } from "@drum/peca";
import { ArgumentError, checkNames, namesOf, type Tensor, type TextEncoder } from "@drum/tensor";
import { checkLiked } from "./liked-history.ts";
import { featuresOf } from "./user-features.ts";

export interface PersonalizedFeaturesOptions {
	/** A CLIP text encoder; with its projection, as a whole CLIP model's has it. */
	encoder: TextEncoder;
	/** The adapter behind it. */
	adapter: Adapter;
	prompts: readonly string[];
	/** What the condition is personalised by: a profile's `references`, or any other pick of a history. */
	references: readonly HistoryItem[];
	/** Degree of personalization α in [0, 1]. Default 0.3, as the paper's for prompt histories. */
	alpha?: number | undefined;
	signal?: AbortSignal | undefined;
}

const OPTIONS = namesOf<PersonalizedFeaturesOptions>({
	encoder: true,
	adapter: true,
	prompts: true,
	references: true,
	alpha: true,
	signal: true,
});

/**
 * The text features of personalised conditions, which Text align compares (paper 5.2): the adapter's class row over the
 * encoder's last hidden states, through the final norm and the text projection. Without references, the prompts' own features.
 * @returns `[prompts, width]`
 * @throws ArgumentError naming what is wrong, also for an encoder without class rows (T5); the signal's reason.
 */
export async function personalizedFeatures(options: PersonalizedFeaturesOptions): Promise<Tensor<"float32">> {
	checkNames("personalizedFeatures", options, OPTIONS);
	const { encoder, adapter, alpha = 0.3, signal } = options;
	const prompts = checkPrompts(options.prompts);
	const references = checkLiked(options.references);
	checkAlpha(alpha);
	if (references.length === 0) return featuresOf(encoder, prompts, { signal });
	const [targets, history] = [
		await lastStates(encoder, prompts, signal),
		await lastStates(
			encoder,
			references.map(({ prompt }) => prompt),
			signal,
		),
	];
	const intensities = references.map(({ intensity }) => intensity);
	const ready = await adapter.ready(history, intensities, signal);
	try {
		const { classRows } = await adapter.personalize(targets, ready, alpha, signal);
		return await encoder.project(await encoder.normalize(classRows!));
	} finally {
		await ready.release();
	}
}

/** `[prompts, tokens, width]`, before the final norm. */
async function lastStates(
	encoder: TextEncoder,
	prompts: readonly string[],
	signal: AbortSignal | undefined,
): Promise<Tensor<"float32">> {
	const { hidden } = await encoder.encode(prompts, { signal });
	const states = hidden[-1];
	if (states && encoder.hasClassRow) return states;
	throw new ArgumentError({
		what: `encoder ${encoder.name}`,
		expected: "class rows, and hidden states of the last layer",
		found: encoder.hasClassRow ? "no last layer" : "no class rows",
		next: "Text align is measured with a CLIP encoder",
	});
}
