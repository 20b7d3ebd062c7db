import { checkSeed } from "@drum/diffusion";
import { ArgumentError, checkNames, namesOf, shown } from "@drum/tensor";
import { OPTION_RULES } from "./option-rules.ts";
import type { GenerateOptions, ModelOption, ModelOptions } from "./options.ts";

/** The names of the options that only some models take. */
export const MODEL_OPTIONS = namesOf<ModelOptions>({
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
	skipGuidanceLayers: true,
	skipLayerGuidanceScale: true,
	skipLayerGuidanceStart: true,
	skipLayerGuidanceStop: true,
	trueCfgScale: true,
	originalSize: true,
	cropsCoordsTopLeft: true,
	targetSize: true,
	negativeOriginalSize: true,
	negativeCropsCoordsTopLeft: true,
	negativeTargetSize: true,
});

/** The names of all options of `generate`, for all models. */
export const GENERATE_OPTIONS = [
	...MODEL_OPTIONS,
	...namesOf<Omit<GenerateOptions, ModelOption>>({
		promptSyntax: true,
		negativePrompt: true,
		negativePromptEmbeds: true,
		negativePooledPromptEmbeds: true,
		image: true,
		strength: true,
		mask: true,
		height: true,
		width: true,
		numInferenceSteps: true,
		sigmas: true,
		guidanceScale: true,
		guidanceStart: true,
		guidanceEnd: true,
		cache: true,
		numImagesPerPrompt: true,
		seed: true,
		latents: true,
		loras: true,
		scheduler: true,
		eta: true,
		vaeTiling: true,
		caller: true,
		onProgress: true,
		onStep: true,
		onImage: true,
		signal: true,
	}),
];

/** Options of `drum.generate`. A caller may expect them here too. */
const PERSONAL = ["profile", "alpha", "negativeAlpha"];

/**
 * Checks the options that can be checked without a model.
 * @throws ArgumentError that names the option, the values it takes and the value found.
 */
export function checkOptions(options: GenerateOptions, prompts: number): void {
	checkOptionNames(options);
	for (const [name, fits, expected] of OPTION_RULES) {
		const value = options[name];
		if (value !== undefined && !fits(value)) {
			throw new ArgumentError({ what: name, expected, found: shown(value) });
		}
	}
	const { negativePromptEmbeds, seed } = options;
	for (const name of ["negativePrompt", "negativePrompt2", "negativePrompt3"] as const) {
		if (options[name] === undefined || negativePromptEmbeds === undefined) continue;
		const what = `${name} and negativePromptEmbeds`;
		throw new ArgumentError({ what, expected: "one of them", found: "both", next: "Leave one of them out" });
	}
	for (const what of [
		"negativePrompt",
		"negativePrompt2",
		"negativePrompt3",
		"prompt2",
		"prompt3",
		"image",
		"mask",
	] as const) {
		const given = options[what];
		if (!Array.isArray(given) || given.length === prompts) continue;
		const expected = `one for all prompts, or a list with one for each, ${prompts}`;
		throw new ArgumentError({ what, expected, found: String(given.length) });
	}
	const { guidanceStart = 0, guidanceEnd = 1 } = options;
	if (guidanceStart > guidanceEnd) {
		const expected = `at least guidanceStart, ${guidanceStart}`;
		throw new ArgumentError({ what: "guidanceEnd", expected, found: String(guidanceEnd) });
	}
	const pictures = prompts * (options.numImagesPerPrompt ?? 1);
	if (seed !== undefined) checkSeed(seed, pictures);
}

/** @throws ArgumentError for a name that no model's `generate` knows. */
function checkOptionNames(options: GenerateOptions): void {
	const given = options as Readonly<Record<string, unknown>> | null;
	const personal = PERSONAL.find((name) => given?.[name] !== undefined);
	if (personal) {
		throw new ArgumentError({
			what: `option ${personal} of generate`,
			expected: "none: a pipeline alone does not personalise",
			found: shown(given![personal]),
			next: `Give ${personal} to drum.generate, with drum = await DrUM.attach(pipeline)`,
		});
	}
	checkNames("generate", options, GENERATE_OPTIONS);
}
