import type { Autoencoder, Noise } from "@drum/diffusion";
import { float32 } from "@drum/tensor";
import type { Run } from "../plan-run.ts";
import { ofPicture } from "./of-picture.ts";

/** Latents for each of the run's pictures, and whether noise was drawn for them. */
export interface EncodedStart {
	readonly latents: Float32Array;
	readonly isDrawn: boolean;
}

/**
 * Encodes pictures, given in planes, for all prompts or for each. What their latents may be is drawn once for each picture given, or, where
 * each of the run's pictures has a seed of its own, for each of those.
 */
export async function encodePictures(
	vae: Autoencoder,
	run: Run,
	noise: Noise,
	pictures: readonly Float32Array[],
	signal: AbortSignal | undefined,
): Promise<EncodedStart> {
	const [, height, width] = run.latentDims;
	const [rows, columns] = [height * vae.scale, width * vae.scale];
	const encoded = [];
	for (const picture of pictures) {
		encoded.push(await vae.encode(float32(picture, [1, 3, rows, columns]), { tiling: run.vaeTiling, signal }));
	}
	const { isDrawn } = encoded[0]!;
	const drawn = isDrawn ? noise.draw(run.latentDims, pictures.length) : new Float32Array();
	const [channels] = run.latentDims;
	const size = channels * height * width;
	const isShared = drawn.length === pictures.length * size;
	const latents = new Float32Array(run.pictures * size);
	for (let i = 0; i < run.pictures; i++) {
		const one = ofPicture(encoded, i, run);
		const row = isShared ? encoded.indexOf(one) : i;
		const { data } = isDrawn ? one.sample(drawn.subarray(row * size, (row + 1) * size)) : one.mode();
		latents.set(data, i * size);
	}
	return { latents, isDrawn };
}
