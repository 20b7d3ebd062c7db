import { createScheduler, type Seed } from "@drum/diffusion";
import type { Condition } from "@drum/peca";
import { ArgumentError, type Tensor } from "@drum/tensor";
import { checkOptions, type GenerateOptions } from "./options.ts";
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
	const prompts = isCondition(input) ? input.prompts : checkPrompts(input);
	const count = condition ? condition.promptEmbeds.dims[0]! : prompts!.length;
	checkOptions(options, count);
	const { config } = sd.unet;
	if (condition) checkEmbeds("promptEmbeds", condition.promptEmbeds, count, config.cross_attention_dim[0]!);
	const { negativePromptEmbeds: negative } = options;
	if (negative) checkEmbeds("negativePromptEmbeds", negative, count, config.cross_attention_dim[0]!);

	const [sampleHeight, sampleWidth] = config.sample_size;
	const height = options.height ?? sampleHeight * sd.vae.scale;
	const width = options.width ?? sampleWidth * sd.vae.scale;
	const latentDims: Run["latentDims"] = [
		config.in_channels,
		checkExtent("height", height, sd),
		checkExtent("width", width, sd),
	];
	const picturesOfEach = options.numImagesPerPrompt ?? 1;
	const pictures = count * picturesOfEach;
	const { latents, numInferenceSteps: steps = 50, scheduler: name, eta } = options;
	if (latents && latents.dims.join() !== [pictures, ...latentDims].join()) {
		throw new ArgumentError({
			what: "latents",
			expected: `[${[pictures, ...latentDims].join(", ")}]`,
			found: `[${latents.dims.join(", ")}]`,
		});
	}
	createScheduler(sd.schedulerConfig, steps, { noise: (size) => new Float32Array(size), eta, name });
	const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
	return {
		prompts,
		condition,
		pictures,
		picturesOfEach,
		seed,
		steps,
		guidanceScale: options.guidanceScale ?? 7.5,
		latentDims,
	};
}

function isCondition(input: string | readonly string[] | Condition): input is Condition {
	return typeof input === "object" && input !== null && "promptEmbeds" in input;
}

function checkPrompts(input: string | readonly string[]): readonly string[] {
	const prompts = typeof input === "string" ? [input] : input;
	if (!Array.isArray(prompts) || prompts.length === 0 || prompts.some((prompt) => typeof prompt !== "string")) {
		throw new ArgumentError({
			what: "prompt",
			expected: "a string, a list of strings, or { promptEmbeds }",
			found: JSON.stringify(input) ?? "nothing",
		});
	}
	return prompts;
}

function checkEmbeds(what: string, { dims, data }: Tensor<"float32">, count: number, width: number): void {
	if (dims.length !== 3 || dims[0] !== count || dims[2] !== width || count === 0) {
		throw new ArgumentError({ what, expected: `[${count || 1}, tokens, ${width}]`, found: `[${dims.join(", ")}]` });
	}
	if (data.some((value) => !Number.isFinite(value))) {
		throw new ArgumentError({ what, expected: "finite numbers", found: "others" });
	}
}

/** A picture's extent in latents. */
function checkExtent(what: string, pixels: number, sd: StableDiffusion): number {
	const step = sd.vae.scale * 2 ** (sd.unet.config.block_out_channels.length - 1);
	if (pixels % step === 0) return pixels / sd.vae.scale;
	const near = Math.max(step, Math.round(pixels / step) * step);
	throw new ArgumentError({
		what,
		expected: `a multiple of ${step} with this model`,
		found: String(pixels),
		next: `The nearest is ${near}`,
	});
}
