import { ArgumentError, shown } from "@drum/tensor";
import type { FoundationModel } from "./foundation-model.ts";
import type { GenerateOptions, ModelOption } from "./options.ts";

const MODEL_OPTIONS: Readonly<Record<ModelOption, true>> = {
	prompt2: true,
	prompt3: true,
	negativePrompt2: true,
	negativePrompt3: true,
	clipSkip: true,
	maxSequenceLength: true,
	denoisingEnd: true,
	timesteps: true,
	mu: true,
	guidanceRescale: true,
	trueCfgScale: true,
	originalSize: true,
	cropsCoordsTopLeft: true,
	targetSize: true,
	negativeOriginalSize: true,
	negativeCropsCoordsTopLeft: true,
	negativeTargetSize: true,
};

/**
 * Checks that the model takes the options given.
 * @throws ArgumentError naming the option that it does not.
 */
export function checkModelOptions(options: GenerateOptions, { name, takes = [] }: FoundationModel): void {
	const odd = (Object.keys(MODEL_OPTIONS) as ModelOption[]).find(
		(option) => options[option] !== undefined && !takes.includes(option),
	);
	if (!odd) return;
	const next = `It means something to other models; ${name} takes ${takes.join(", ") || "none of the kind"}`;
	throw new ArgumentError({ what: odd, expected: `none for ${name}`, found: shown(options[odd]), next });
}
