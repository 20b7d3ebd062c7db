import { createScheduler, denoise, GeneratedImage, Noise, type Seed, toImages } from "@drum/diffusion";
import type { Condition } from "@drum/peca";
import { float32 } from "@drum/tensor";
import { conditionPair } from "./conditions.ts";
import { describe } from "./describe.ts";
import type { DiffusionPipeline } from "./diffusion-pipeline.ts";
import type { GenerateOptions } from "./options.ts";
import { planRun } from "./plan-run.ts";
import { predictor } from "./predictor.ts";
import { stepper } from "./step.ts";

export interface GenerateResult {
	/** All pictures of the first prompt, then of the next. */
	images: GeneratedImage[];
	/** The seed that was given or drawn. */
	seed: Seed;
}

/** condition → denoised → image. */
export async function generate(
	pipeline: DiffusionPipeline,
	input: string | readonly string[] | Condition,
	options: GenerateOptions,
): Promise<GenerateResult> {
	const { denoiser, vae, offload } = pipeline;
	const { signal, eta, scheduler: name } = options;
	const run = planRun(pipeline, input, options);
	// history → … → condition, of the prompt and of what it should not be
	const conditions = await conditionPair(pipeline, run, options);
	if (offload) await pipeline.releaseEncoders();
	// noise, as diffusers' generator on a CPU draws it
	const noise = new Noise(run.seed, run.pictures);
	const draw = () => noise.draw(run.latentDims);
	const initial = options.latents?.data ?? draw();
	// condition → denoised
	const scheduler = createScheduler(pipeline.schedulerConfig, run.steps, { ...run.schedule, noise: draw, eta, name });
	const latents = await denoise({
		scheduler,
		latents: initial.map((value) => value * scheduler.initNoiseSigma),
		predict: predictor(denoiser, run, conditions, signal),
		onStep: stepper(pipeline.model, run, options),
		signal,
	});
	if (offload) await denoiser.release();
	// denoised → image
	const tiling = run.vaeTiling;
	const decoded = await vae.decode(float32(latents, [run.pictures, ...run.latentDims]), { tiling, signal });
	const images = toImages(decoded).map((image, i) => new GeneratedImage(image, describe(pipeline, run, options, i)));
	return { images, seed: run.seed };
}
