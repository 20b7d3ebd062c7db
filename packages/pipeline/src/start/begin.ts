import type { Noise, Scheduler } from "@drum/diffusion";
import { loadPart } from "@drum/tensor";
import type { OpenedPipeline } from "../opened-pipeline.ts";
import type { GenerateOptions } from "../options.ts";
import type { Run } from "../plan-run.ts";
import type { Start } from "./start.ts";

/** Begins a run: from noise, or from its pictures with the noise level of the first call. Noise is drawn in diffusers' order. */
export async function begin(
	{ vae, denoiser }: OpenedPipeline,
	run: Run,
	scheduler: Scheduler,
	noise: Noise,
	{ latents, signal }: Pick<GenerateOptions, "latents" | "signal">,
): Promise<Start> {
	const { start, latentDims } = run;
	const asNoise = (drawn: Float32Array) => drawn.map((value) => value * scheduler.initNoiseSigma);
	if (!start) return { latents: asNoise(latents?.data ?? noise.draw(latentDims)) };
	const { beginFromPictures } = await loadPart(() => import("./begin-from-pictures.ts"));
	return beginFromPictures({ vae, denoiser, run, start, scheduler, noise, asNoise, signal });
}
