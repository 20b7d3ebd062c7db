import {
	checkSeed,
	type DenoisedStep,
	type Image,
	SCHEDULER_NAMES,
	type SchedulerName,
	type Seed,
} from "@drum/diffusion";
import { shown } from "@drum/peca";
import { ArgumentError, sizeOf, type Tensor } from "@drum/tensor";

export interface GenerateOptions {
	/** What the picture should not be, for all prompts or one for each. Default `""`. */
	negativePrompt?: string | readonly string[] | undefined;
	/** Its condition `[prompts, tokens, width]`, in place of `negativePrompt`. */
	negativePromptEmbeds?: Tensor<"float32"> | undefined;
	/** Pixels, multiples of 8. Default: what the model was trained for, 512 or 768. */
	height?: number | undefined;
	width?: number | undefined;
	/** Default 50. */
	numInferenceSteps?: number | undefined;
	/** Weight of the prompt against the negative prompt; guidance is on above 1. Default 7.5. */
	guidanceScale?: number | undefined;
	/** Pictures of each prompt. Default 1. */
	numImagesPerPrompt?: number | undefined;
	/** One for all pictures, as diffusers' `generator`, or one for each. Default: drawn anew, and told in the result. */
	seed?: Seed | undefined;
	/** Noise to start from in place of the seed's: `[pictures, channels, height / 8, width / 8]`. */
	latents?: Tensor<"float32"> | undefined;
	/** A sampler in place of the checkpoint's own. */
	scheduler?: SchedulerName | undefined;
	/** Randomness of DDIM, 0 to 1. Default 0. */
	eta?: number | undefined;
	/** Called after each step; the next waits for it. */
	onStep?: ((step: Step) => unknown) | undefined;
	/** Stops between two steps; `generate` then throws the signal's reason. */
	signal?: AbortSignal | undefined;
}

export interface Step extends Omit<DenoisedStep, "denoised"> {
	/** A thumbnail of what the picture is becoming, one pixel for 8 × 8: of the first picture, or of the one asked for. */
	preview(picture?: number): Image;
}

const finite = (low: number, high: number) => (value: unknown) =>
	typeof value === "number" && value >= low && value <= high;
const whole = (low: number, high: number) => (value: unknown) => Number.isInteger(value) && finite(low, high)(value);
const text = (value: unknown) => typeof value === "string";
const pixels = (value: unknown) => whole(8, 16384)(value) && (value as number) % 8 === 0;

/** What each option must be, and how that is said. */
const RULES: readonly [keyof GenerateOptions, (value: unknown) => boolean, string][] = [
	["height", pixels, "a multiple of 8, from 8 to 16384"],
	["width", pixels, "a multiple of 8, from 8 to 16384"],
	["numInferenceSteps", whole(1, 1000), "an integer from 1 to 1000"],
	["guidanceScale", finite(0, 1e6), "a number from 0"],
	["numImagesPerPrompt", whole(1, 1024), "an integer from 1 to 1024"],
	["eta", finite(0, 1), "a number from 0 to 1"],
	["scheduler", (value) => SCHEDULER_NAMES.includes(value as SchedulerName), `one of ${SCHEDULER_NAMES.join(", ")}`],
	[
		"negativePrompt",
		(value) => text(value) || (Array.isArray(value) && value.every(text)),
		"a string or a list of strings",
	],
	["onStep", (value) => typeof value === "function", "a function"],
	["signal", (value) => value instanceof AbortSignal, "an AbortSignal"],
];

/**
 * Checks the options that need no model to be checked.
 * @throws ArgumentError naming the option, what it takes and what it was given.
 */
export function checkOptions(options: GenerateOptions, prompts: number): void {
	for (const [name, fits, expected] of RULES) {
		const value = options[name];
		if (value !== undefined && !fits(value)) {
			throw new ArgumentError({ what: name, expected, found: shown(value) });
		}
	}
	const { negativePrompt, negativePromptEmbeds, seed } = options;
	if (negativePrompt !== undefined && negativePromptEmbeds !== undefined) {
		throw new ArgumentError({
			what: "negativePrompt and negativePromptEmbeds",
			expected: "one of them",
			found: "both",
		});
	}
	if (Array.isArray(negativePrompt) && negativePrompt.length !== prompts) {
		throw new ArgumentError({
			what: "negativePrompt",
			expected: `one, or ${prompts} for as many prompts`,
			found: String(negativePrompt.length),
		});
	}
	const pictures = prompts * (options.numImagesPerPrompt ?? 1);
	if (seed !== undefined) checkSeed(seed, pictures);
}

/**
 * Checks a tensor that the caller gives: its type, its shape (`null` for an extent of any size) and that it holds numbers.
 * @throws ArgumentError naming it.
 */
export function checkTensor(
	what: string,
	tensor: Tensor<"float32"> | undefined,
	dims: readonly (number | null)[],
): void {
	const { type, data, dims: found } = (tensor ?? {}) as Partial<Tensor>;
	const shape = `[${dims.map((dim) => dim ?? "any").join(", ")}]`;
	if (type !== "float32" || !(data instanceof Float32Array) || !Array.isArray(found)) {
		throw new ArgumentError({ what, expected: `a float32 tensor ${shape}`, found: type ?? shown(tensor) });
	}
	const fits = found.length === dims.length && found.every((dim, i) => dim > 0 && dim === (dims[i] ?? dim));
	if (!fits || data.length !== sizeOf(found)) {
		throw new ArgumentError({ what, expected: shape, found: `[${found.join(", ")}] with ${data.length} values` });
	}
	const wrong = data.find((value) => !Number.isFinite(value));
	if (wrong !== undefined) throw new ArgumentError({ what, expected: "finite numbers", found: String(wrong) });
}
