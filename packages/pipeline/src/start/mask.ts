import type { Image, Scheduler, SchedulerStep } from "@drum/diffusion";
import type { Warning } from "@drum/tensor";
import type { Run } from "../plan-run.ts";
import { ofPicture } from "./of-picture.ts";

/** The part of a picture to redraw: 1 there and 0 elsewhere, with rows from the top. */
export interface Mask {
	/** A byte for each pixel. */
	readonly pixels: Uint8Array;
	/** A byte for each latent: that of its upper left pixel, as in diffusers. */
	readonly latents: Uint8Array;
}

/** The mask of a picture: white and light greys are redrawn. As diffusers' VaeImageProcessor, converts to grey, then compares with the middle. */
export function maskOf(
	{ width, height, data }: Pick<Image, "width" | "height"> & { data: ArrayLike<number> },
	scale: number,
): Mask {
	const pixels = Uint8Array.from({ length: width * height }, (_, pixel) => {
		const [red, green, blue] = [data[3 * pixel]!, data[3 * pixel + 1]!, data[3 * pixel + 2]!];
		// Pillow's grey, in integers.
		const grey = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
		return grey >= 128 ? 1 : 0;
	});
	const across = width / scale;
	const latents = Uint8Array.from({ length: (height / scale) * across }, (_, latent) => {
		const [row, column] = [Math.floor(latent / across), latent % across];
		return pixels[row * scale * width + column * scale]!;
	});
	return { pixels, latents };
}

/** A warning for masks with nothing to redraw: all black, or white only between the latents' pixels. */
export function unusedMask(masks: readonly Mask[]): Warning[] {
	if (!masks.some(({ latents }) => !latents.includes(1))) return [];
	const message =
		"The mask is nowhere white, or only in places too small for the model, so nothing of the image is drawn anew.";
	return [{ code: "option-unused", what: "mask", message }];
}

/** A picture's planes with the redrawn part in grey. */
export function erased(planes: Float32Array, { pixels }: Mask): Float32Array {
	return planes.map((value, i) => (pixels[i % pixels.length] === 1 ? 0 : value));
}

/** Restores the kept part after each step, from the picture's `latents` with the noise of the next call, or without noise after the last. */
export function keeping(
	run: Run,
	masks: readonly Mask[],
	scheduler: Scheduler,
	latents: Float32Array,
	noise: Float32Array,
): (step: SchedulerStep, i: number) => SchedulerStep {
	const last = scheduler.timesteps.length - 1;
	const blend = (drawn: Float32Array, kept: Float32Array) =>
		eachPicture(run, drawn, (value, i, picture) => {
			const mask = ofPicture(masks, picture, run).latents;
			return mask[i % mask.length] === 1 ? value : kept[picture * (drawn.length / run.pictures) + i]!;
		});
	return ({ prevSample, predOriginalSample }, i) => ({
		prevSample: blend(prevSample, i < last ? scheduler.addNoise(latents, noise, i + 1) : latents),
		predOriginalSample: blend(predOriginalSample, latents),
	});
}

/** The channels that an inpainting denoiser takes after the latents: a picture's mask, then the latents of the masked picture. */
export function maskChannels(run: Run, masks: readonly Mask[], latents: Float32Array): Float32Array {
	const each = latents.length / run.pictures;
	const rows = Array.from({ length: run.pictures }, (_, picture) => [
		...ofPicture(masks, picture, run).latents,
		...latents.subarray(picture * each, (picture + 1) * each),
	]);
	return Float32Array.from(rows.flat());
}

function eachPicture(
	{ pictures }: Run,
	values: Float32Array,
	map: (value: number, i: number, picture: number) => number,
): Float32Array {
	const each = values.length / pictures;
	return values.map((value, at) => map(value, at % each, Math.floor(at / each)));
}
