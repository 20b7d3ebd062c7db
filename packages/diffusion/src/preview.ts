import { ArgumentError } from "@drum/tensor";
import type { Image } from "./image.ts";
import { LATENT_COLOURS, type LatentSpace } from "./latent-spaces.ts";

/**
 * A thumbnail of one picture's latents `[channels, height, width]`, one pixel a latent: quick enough to be made at every step.
 * Latents of another number of channels than the space has are shown grey, by their mean.
 * @throws ArgumentError when the latents are not whole channels of that height and width.
 */
export function previewLatents(
	latents: Float32Array,
	height: number,
	width: number,
	space: LatentSpace = "sd1",
): Image {
	const size = height * width;
	const channels = latents.length / size;
	if (!(Number.isInteger(channels) && channels > 0)) {
		const expected = `whole channels of ${height} × ${width}`;
		throw new ArgumentError({ what: "latents", expected, found: `${latents.length} numbers` });
	}
	const fit = LATENT_COLOURS[space];
	const { factors, bias } = fit.factors.length === channels ? fit : grey(channels);
	const data = new Uint8Array(3 * size);
	for (let pixel = 0; pixel < size; pixel++) {
		for (let colour = 0; colour < 3; colour++) {
			let value = bias[colour]!;
			for (const [channel, factor] of factors.entries()) value += factor[colour]! * latents[channel * size + pixel]!;
			data[3 * pixel + colour] = Math.min(255, Math.max(0, Math.round((value + 1) * 127.5)));
		}
	}
	return { width, height, data };
}

function grey(channels: number) {
	const factor = 1 / channels;
	return { factors: new Array<number[]>(channels).fill([factor, factor, factor]), bias: [0, 0, 0] };
}
