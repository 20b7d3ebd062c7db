import { fromImages, type Noise, type Scheduler, type SchedulerStep } from "@drum/diffusion";
import { resizeLanczos } from "@drum/encoders-clip";
import type { Warning } from "@drum/tensor";
import type { OpenedPipeline } from "../opened-pipeline.ts";
import type { GenerateOptions } from "../options.ts";
import type { Run } from "../plan-run.ts";
import { encodePictures } from "./encode-pictures.ts";
import { erased, keeping, maskChannels, maskOf, unusedMask } from "./mask.ts";

/** What denoising begins from. All of it is of all pictures, `[pictures, …]`, flat. */
export interface Start {
	/** The latents at the noise level of the first call. */
	readonly latents: Float32Array;
	/** Puts back what a mask keeps, at the noise level that a step leads to. */
	readonly amend?: ((step: SchedulerStep, i: number) => SchedulerStep) | undefined;
	/** What an inpainting denoiser takes after the latents. */
	readonly maskChannels?: Float32Array | undefined;
	readonly warnings?: readonly Warning[] | undefined;
}

/** Begins a run: from noise, or from its pictures with as much noise as the first call has. Noise is drawn in diffusers' order. */
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
	const size = { height: latentDims[1] * vae.scale, width: latentDims[2] * vae.scale };
	const planes = start.images.map((image) => fromImages([resizeLanczos(image, size)]).data);
	const masks = start.masks?.map((mask) => maskOf(resizeLanczos(mask, size), vae.scale));
	const inpaints = denoiser.maskChannels !== undefined;
	// A mask leaves nothing of the picture in the first latents of a whole run, nor is anything else taken from there.
	const known =
		masks && start.strength === 1 && inpaints ? undefined : await encodePictures(vae, run, noise, planes, signal);
	const drawn = noise.draw(latentDims);
	const first = masks && start.strength === 1 ? asNoise(drawn) : scheduler.addNoise(known!.latents, drawn, 0);
	if (!masks) return { latents: first };
	const warnings = unusedMask(masks);
	const most = Math.max(planes.length, masks.length);
	if (inpaints) {
		const at = <T>(list: readonly T[], i: number) => list[list.length === 1 ? 0 : i]!;
		const left = Array.from({ length: most }, (_, i) => erased(at(planes, i), at(masks, i)));
		const masked = await encodePictures(vae, run, noise, left, signal);
		return { latents: first, maskChannels: maskChannels(run, masks, masked.latents), warnings };
	}
	// diffusers encodes the masked picture here too, which shows only in what its generator draws later.
	if (known!.isDrawn) noise.draw(latentDims, most);
	return { latents: first, amend: keeping(run, masks, scheduler, known!.latents, drawn), warnings };
}
