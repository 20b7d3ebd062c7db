import { createScheduler, type SchedulerOptions, type Seed } from "@drum/diffusion";
import { type Condition, checkPrompts } from "@drum/peca";
import { ArgumentError, shown, type Warning } from "@drum/tensor";
import { TILED_ABOVE } from "./activations.ts";
import { checkCondition, checkNegative } from "./check-condition.ts";
import { checkTensor } from "./check-tensor.ts";
import { scheduleOf } from "./configs.ts";
import type { DiffusionPipeline } from "./diffusion-pipeline.ts";
import { checkModelOptions, checkOptions, type GenerateOptions } from "./options.ts";
import { planTimeIds, type TimeIds } from "./time-ids.ts";
import { unusedOptions } from "./unused-options.ts";

/** A call with its defaults filled in. */
export interface Run {
	/** What is drawn, as far as it is known in words. */
	prompts: readonly string[] | undefined;
	condition: Condition | undefined;
	pictures: number;
	picturesOfEach: number;
	seed: Seed;
	steps: number;
	/** Weighs the condition against the negative one; undefined where there is none. */
	guidance: number | undefined;
	/** Goes into a distilled denoiser. */
	distilledGuidance: number | undefined;
	guidanceScale: number;
	guidanceRescale: number;
	/** Of one picture: `[channels, height / scale, width / scale]`. */
	latentDims: [channels: number, height: number, width: number];
	/** SDXL's. */
	timeIds: TimeIds | undefined;
	/** What the scheduler is told of the run. */
	schedule: Omit<SchedulerOptions, "noise" | "eta" | "name">;
	vaeTiling: boolean;
	/** Randomness of a sampler that has one. */
	eta: number | undefined;
	warnings: readonly Warning[];
}

/**
 * Fills in a call's defaults and checks it against the model.
 * @throws ArgumentError naming the option that is wrong.
 */
export function planRun(
	pipeline: DiffusionPipeline,
	input: string | readonly string[] | Condition,
	options: GenerateOptions,
): Run {
	const { model, denoiser, vae } = pipeline;
	const condition = isCondition(input) ? input : undefined;
	const prompts = isCondition(input) ? input.prompts && checkPrompts(input.prompts) : checkPrompts(input);
	const count = prompts?.length ?? condition?.promptEmbeds?.dims?.[0] ?? 1;
	checkOptions(options, count);
	checkModelOptions(options, model);
	if (condition) checkCondition(pipeline, condition, count);
	const guidanceScale = options.guidanceScale ?? model.defaults.guidanceScale;
	const guidance = guidanceOf(pipeline, options, guidanceScale);
	checkNegative(pipeline, condition, options, count, guidance !== undefined);

	const [sampleHeight, sampleWidth] = denoiser.sampleSize;
	const { height = sampleHeight * vae.scale, width = sampleWidth * vae.scale } = options;
	const latentDims: Run["latentDims"] = [
		denoiser.channels,
		checkExtent("height", height, pipeline),
		checkExtent("width", width, pipeline),
	];
	const picturesOfEach = options.numImagesPerPrompt ?? 1;
	const pictures = count * picturesOfEach;
	const { scheduler: name } = options;
	if (options.latents !== undefined) checkTensor("latents", options.latents, [pictures, ...latentDims]);
	const warnings = unusedOptions(pipeline, options, guidance !== undefined);
	const eta = warnings.some(({ what }) => what === "eta") ? undefined : options.eta;
	const asked = options.numInferenceSteps ?? model.defaults.numInferenceSteps;
	const schedule = {
		...scheduleOf(model, asked, (latentDims[1] * latentDims[2]) / denoiser.multiple ** 2),
		timesteps: options.timesteps,
		sigmas: options.sigmas,
		mu: warnings.some(({ what }) => what === "mu") ? undefined : options.mu,
		pictures,
	};
	const noise = (size: number) => new Float32Array(size);
	const { sigmas } = createScheduler(pipeline.schedulerConfig, asked, { ...schedule, noise, eta, name });
	const given = options.timesteps?.length ?? (options.sigmas && sigmas && sigmas.length - 1);
	const steps = given ?? asked;
	return {
		prompts,
		condition,
		pictures,
		picturesOfEach,
		seed: options.seed ?? Math.floor(Math.random() * 2 ** 32),
		steps,
		guidance,
		distilledGuidance: model.guidance === "distilled" || denoiser.takesGuidance ? guidanceScale : undefined,
		guidanceScale,
		guidanceRescale: options.guidanceRescale ?? 0,
		latentDims,
		timeIds: model.takes?.includes("originalSize") ? planTimeIds(options, height, width) : undefined,
		schedule,
		vaeTiling: options.vaeTiling ?? height * width > TILED_ABOVE,
		eta,
		warnings,
	};
}

/** The weight of the prompt against the negative prompt; undefined where guidance is off. */
function guidanceOf({ model, denoiser }: DiffusionPipeline, options: GenerateOptions, scale: number) {
	if (model.guidance !== "distilled") return scale > 1 && !denoiser.takesGuidance ? scale : undefined;
	const { trueCfgScale = 1, negativePrompt, negativePromptEmbeds } = options;
	// As diffusers does it: either without the other changes nothing.
	if (trueCfgScale <= 1 || (negativePrompt === undefined && !negativePromptEmbeds)) return undefined;
	return trueCfgScale;
}

function isCondition(input: string | readonly string[] | Condition): input is Condition {
	return typeof input === "object" && input !== null && "promptEmbeds" in input;
}

/** A picture's extent in latents. */
function checkExtent(what: string, pixels: number, { vae, denoiser }: DiffusionPipeline): number {
	const multiple = vae.scale * denoiser.multiple;
	const most = (denoiser.maxExtent ?? Number.POSITIVE_INFINITY) * vae.scale;
	if (pixels % multiple === 0 && pixels <= most) return pixels / vae.scale;
	const expected = `a multiple of ${multiple}${most < Number.POSITIVE_INFINITY ? `, at most ${most},` : ""} with this model`;
	throw new ArgumentError({ what, expected, found: shown(pixels) });
}
