import { type Autoencoder, type Denoiser, fromImages, type Noise, type Scheduler } from "@drum/diffusion";
import { resizeLanczos } from "@drum/encoders-clip";
import type { Run } from "../plan-run.ts";
import { encodePictures } from "./encode-pictures.ts";
import { erased, keeping, maskChannels, maskOf, unusedMask } from "./mask.ts";
import type { StartPlan } from "./plan-start.ts";
import type { Start } from "./start.ts";

/** A run that begins from pictures. */
export interface PictureRun {
	readonly vae: Autoencoder;
	readonly denoiser: Denoiser;
	readonly run: Run;
	readonly start: StartPlan;
	readonly scheduler: Scheduler;
	readonly noise: Noise;
	/** Noise at the level of the first call. */
	asNoise(drawn: Float32Array): Float32Array;
	readonly signal: AbortSignal | undefined;
}

/** The start of denoising. Noise is drawn in diffusers' order. */
export async function beginFromPictures(of: PictureRun): Promise<Start> {
	const { vae, denoiser, run, start, scheduler, noise, asNoise, signal } = of;
	const { latentDims } = run;
	const size = { height: latentDims[1] * vae.scale, width: latentDims[2] * vae.scale };
	const planes = start.images.map((image) => fromImages([resizeLanczos(image, size)]).data);
	const masks = start.masks?.map((mask) => maskOf(resizeLanczos(mask, size), vae.scale));
	const inpaints = denoiser.maskChannels !== undefined;
	// With a mask and a whole run, nothing of the picture is in the first latents.
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
	// diffusers also encodes the masked picture here. This only affects what its generator draws later.
	if (known!.isDrawn) noise.draw(latentDims, most);
	return { latents: first, amend: keeping(run, masks, scheduler, known!.latents, drawn), warnings };
}
