import { createScheduler, denoise, GeneratedImage, Noise, toImages } from "@drum/diffusion";
import type { Condition } from "@drum/peca";
import { float32 } from "@drum/tensor";
import { describe } from "./describe.ts";
import type { GenerateOptions } from "./options.ts";
import { planRun } from "./plan-run.ts";
import { conditionPair, predictor } from "./predictor.ts";
import type { GenerateResult, StableDiffusion } from "./stable-diffusion.ts";
import { stepper } from "./step.ts";

/** condition → denoised → image. */
export async function generate(
	sd: StableDiffusion,
	input: string | readonly string[] | Condition,
	options: GenerateOptions,
): Promise<GenerateResult> {
	const { signal, eta, scheduler: name } = options;
	const run = planRun(sd, input, options);
	// history → … → condition, of the prompt and of what it should not be
	const condition = await conditionPair(sd, run, options);
	// noise, as diffusers' generator on a CPU draws it
	const noise = new Noise(run.seed, run.pictures);
	const draw = () => noise.draw(run.latentDims);
	const initial = options.latents?.data ?? draw();
	// condition → denoised
	const scheduler = createScheduler(sd.schedulerConfig, run.steps, { noise: draw, eta, name });
	const latents = await denoise({
		scheduler,
		latents: initial.map((value) => value * scheduler.initNoiseSigma),
		predict: predictor(sd, run, condition, signal),
		onStep: stepper(run, options),
		signal,
	});
	// denoised → image
	const decoded = await sd.vae.decode(float32(latents, [run.pictures, ...run.latentDims]), { signal });
	const images = toImages(decoded).map((image, i) => new GeneratedImage(image, describe(sd, run, options, i)));
	return { images, seed: run.seed };
}
