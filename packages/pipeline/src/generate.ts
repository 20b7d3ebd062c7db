import { createScheduler, denoise, GeneratedImage, Noise, type Seed, toImages } from "@drum/diffusion";
import type { Condition } from "@drum/peca";
import { float32, loadPart, type Warning } from "@drum/tensor";
import { conditionPair } from "./conditions.ts";
import { describe } from "./describe.ts";
import { underLoras } from "./lora/under-loras.ts";
import type { OpenedPipeline } from "./opened-pipeline.ts";
import type { GenerateOptions } from "./options.ts";
import { planRun, type Run } from "./plan-run.ts";
import { type Predict, predictor, type RunParts } from "./predictor.ts";
import { inTurn, stations } from "./progress.ts";
import { begin } from "./start/begin.ts";
import { stepper } from "./step.ts";
import { untilEnd } from "./until-end.ts";

export interface GenerateResult {
	/** All pictures of the first prompt, then of the next. */
	images: GeneratedImage[];
	/** The seed or seeds used: those given, or a random one. */
	seed: Seed;
	/** With a `cache`: how many of the `Step.steps` calls of the denoiser reused earlier work. */
	cachedSteps?: number;
	/** What was cut, left out or had no effect, each once. Warnings from opening (`pipeline.warnings`) come first. */
	warnings: readonly Warning[];
}

/**
 * condition → denoised → image, for `DiffusionPipeline.generate`. `method` returns the prediction that replaces the denoiser's. It is
 * called once, after the first latents are drawn. Calls of one process draw one after another. With `offload`, each model is freed before
 * the next one loads, even if its part fails or is stopped.
 */
export async function generate(
	pipeline: OpenedPipeline,
	input: string | readonly string[] | Condition,
	options: GenerateOptions,
	method?: ((parts: RunParts) => Promise<Predict>) | undefined,
): Promise<GenerateResult> {
	const own = await pipeline.openPictures(options);
	const run = await planRun(pipeline, input, own);
	return inTurn(own, () => underLoras(run.loras, draw(pipeline, run, own, method)));
}

async function draw(
	pipeline: OpenedPipeline,
	run: Run,
	options: GenerateOptions,
	method: ((parts: RunParts) => Promise<Predict>) | undefined,
): Promise<GenerateResult> {
	const { denoiser, vae, previewVae } = pipeline;
	const offload = run.start ? pipeline.offloadFromImage : pipeline.offload;
	const { signal, scheduler: name } = options;
	const reached = stations(options);
	// history → … → condition, of the prompt and of what it should not be
	reached("condition", 0);
	// An earlier call may have kept its models, if there was enough memory at that time.
	if (offload) await Promise.all([denoiser.release(), vae.release(), previewVae?.release()]);
	const conditions = await conditionPair(pipeline, run, options);
	reached("condition", 1);
	if (offload) await pipeline.releaseEncoders();
	// noise, as diffusers' generator on a CPU draws it, or the picture that the run begins from
	const noise = new Noise(run.seed, run.pictures);
	const draw = () => noise.draw(run.latentDims);
	const scheduler = await createScheduler(pipeline.schedulerConfig, run.steps, {
		...run.schedule,
		noise: draw,
		entropy: () => noise.entropy(),
		eta: run.eta,
		name,
	});
	const part = untilEnd(scheduler, run.denoisingEnd, pipeline.schedulerConfig);
	const start = await freeing(offload && run.start && vae, begin(pipeline, run, part, noise, options));
	// condition → denoised
	const { latentDims } = run;
	const cached = run.cache && (await denoiser.cached?.(run.cache.cache, run.cache.steps, { signal }));
	const predict =
		(await method?.({ scheduler, noise, latentDims })) ??
		((feeds, i) => (cached ? cached.predict(feeds, i) : denoiser.predict(feeds, { signal })));
	const denoising = denoise({
		scheduler: part,
		latents: start.latents,
		predict: predictor(predict, run, conditions, scheduler.timesteps.length, start),
		amend: start.amend,
		onStep: stepper(pipeline, run, options, reached),
		signal,
	});
	// A step's `decode` may have loaded what decodes it.
	const shown = offload && (previewVae ?? vae);
	const latents = await freeing(shown, freeing(offload && denoiser, freeing(cached, denoising)));
	// denoised → image
	reached("image", 0);
	const tiling = run.vaeTiling;
	const decoding = vae.decode(float32(latents, [run.pictures, ...run.latentDims]), { tiling, signal });
	const decoded = await freeing(offload && vae, decoding);
	reached("image", 1);
	// The part of a picture that a mask keeps was not made by a model.
	const sourceType = run.start?.masks ? "compositeWithTrainedAlgorithmicMedia" : "trainedAlgorithmicMedia";
	const drawn = toImages(decoded).map(
		(image, i) => new GeneratedImage(image, describe(pipeline, run, options, i), sourceType),
	);
	const judging = options.onImage && (await loadPart(() => import("./judge-images.ts")));
	const { images, warnings } = (await judging?.judgeImages(drawn, options)) ?? { images: drawn, warnings: [] };
	const opening = pipeline.warnings.filter(({ code }) => !(options.onImage && code === "safety-checker"));
	const found = [...opening, ...run.loras.warnings, ...conditions.warnings, ...run.warnings, ...(start.warnings ?? [])];
	return { images, seed: run.seed, ...(cached && { cachedSteps: cached.reused }), warnings: [...found, ...warnings] };
}

/** Returns the result of the work, and then frees its model, if one is given. */
async function freeing<T>(model: { release(): Promise<void> } | false | undefined, work: Promise<T>): Promise<T> {
	try {
		return await work;
	} finally {
		if (model) await model.release();
	}
}
