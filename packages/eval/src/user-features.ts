import { checkPrompts, type HistoryItem } from "@drum/peca";
import { ArgumentError, type EncodeOptions, type Tensor, type TextEncoder } from "@drum/tensor";
import { checkLiked } from "./liked-history.ts";
import type { UserFeatures } from "./scores.ts";

/** A user to be evaluated: in the paper's protocol the two newest prompts are targets, the rest is history. */
export interface EvaluatedUser {
	readonly targets: readonly string[];
	readonly history: readonly HistoryItem[];
}

/**
 * The text features that a user is scored against, by one CLIP encoder: made once, they serve any number of methods.
 * @throws ArgumentError naming the prompt that is none, or for an encoder that has no text features; the signal's reason.
 */
export async function userFeatures(
	encoder: TextEncoder,
	{ targets, history }: EvaluatedUser,
	options: EncodeOptions = {},
): Promise<UserFeatures> {
	const prompts = checkPrompts(targets);
	const references = checkLiked(history);
	const features = await featuresOf(encoder, [...prompts, ...references.map(({ prompt }) => prompt)], options);
	const width = features.dims[1]!;
	const part = (from: number, to: number): Tensor<"float32"> => ({
		...{ type: "float32", dims: [to - from, width] },
		data: features.data.slice(from * width, to * width),
	});
	return {
		targets: part(0, prompts.length),
		history: part(prompts.length, prompts.length + references.length),
		intensities: references.map(({ intensity }) => intensity),
	};
}

/** `[prompts, width]` */
export async function featuresOf(
	encoder: TextEncoder,
	prompts: readonly string[],
	options: EncodeOptions,
): Promise<Tensor<"float32">> {
	const { features } = await encoder.encode(prompts, options);
	if (features) return features;
	throw new ArgumentError({
		what: `encoder ${encoder.name}`,
		expected: "CLIP's text features",
		found: "none",
		next: "Text align is measured with a CLIP encoder",
	});
}
