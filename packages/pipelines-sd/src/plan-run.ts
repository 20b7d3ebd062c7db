import { createScheduler, type Seed } from "@drum/diffusion";
import { type Condition, checkPrompts } from "@drum/peca";
import { ArgumentError } from "@drum/tensor";
import { checkOptions, checkTensor, type GenerateOptions } from "./options.ts";
import type { StableDiffusion } from "./stable-diffusion.ts";

/** A call with its defaults filled in. */
export interface Run {
	/** What is drawn, as far as it is known in words. */
	prompts: readonly string[] | undefined;
	condition: Condition | undefined;
	pictures: number;
	picturesOfEach: number;
	seed: Seed;
	steps: number;
	guidanceScale: number;
	/** Of one picture: `[channels, height / scale, width / scale]`. */
	latentDims: [channels: number, height: number, width: number];
}

/**
 * Fills in a call's defaults and checks it against the model.
 * @throws ArgumentError naming the option that is wrong.
 */
export function planRun(
	sd: StableDiffusion,
	input: string | readonly string[] | Condition,
	options: GenerateOptions,
): Run {
	const condition = isCondition(input) ? input : undefined;
	const prompts = isCondition(input) ? input.prompts && checkPrompts(input.prompts) : checkPrompts(input);
	const count = prompts?.length ?? condition?.promptEmbeds?.dims?.[0] ?? 1;
	checkOptions(options, count);
	const { config } = sd.unet;
	const width = config.cross_attention_dim[0]!;
	if (condition) checkTensor("promptEmbeds", condition.promptEmbeds, [count, null, width]);
	const ownTokens = sd.encoders[sd.mix.features]!.tokens;
	const tokens = condition?.promptEmbeds.dims[1] ?? ownTokens;
	const { latents, negativePromptEmbeds, guidanceScale = 7.5 } = options;
	if (negativePromptEmbeds !== undefined || (guidanceScale > 1 && tokens !== ownTokens)) {
		checkTensor("negativePromptEmbeds", negativePromptEmbeds, [count, tokens, width]);
	}

	const [sampleHeight, sampleWidth] = config.sample_size;
	const latentDims: Run["latentDims"] = [
		config.in_channels,
		checkExtent("height", options.height ?? sampleHeight * sd.vae.scale, sd),
		checkExtent("width", options.width ?? sampleWidth * sd.vae.scale, sd),
	];
	const picturesOfEach = options.numImagesPerPrompt ?? 1;
	const pictures = count * picturesOfEach;
	const { numInferenceSteps: steps = 50, scheduler: name, eta } = options;
	if (latents !== undefined) checkTensor("latents", latents, [pictures, ...latentDims]);
	createScheduler(sd.schedulerConfig, steps, { noise: (size) => new Float32Array(size), eta, name });
	const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
	return {
		prompts,
		condition,
		pictures,
		picturesOfEach,
		seed,
		steps,
		guidanceScale,
		latentDims,
	};
}

function isCondition(input: string | readonly string[] | Condition): input is Condition {
	return typeof input === "object" && input !== null && "promptEmbeds" in input;
}

/** A picture's extent in latents. */
function checkExtent(what: string, pixels: number, { vae: { scale } }: StableDiffusion): number {
	if (pixels % scale === 0) return pixels / scale;
	throw new ArgumentError({ what, expected: `a multiple of ${scale} with this model`, found: String(pixels) });
}
