import { type Autoencoder, fromImages, type Image } from "@drum/diffusion";
import { resizeLanczos } from "@drum/encoders-clip";
import { ArgumentError, float32, type Tensor } from "@drum/tensor";

/** @throws ArgumentError naming the picture that is none. */
export function checkPictures(what: string, pictures: readonly Image[]): void {
	if (!Array.isArray(pictures)) {
		throw new ArgumentError({ what, expected: "a list of pictures", found: typeof pictures });
	}
	for (const [i, picture] of pictures.entries()) {
		const { width, height, data } = (picture ?? {}) as Partial<Image>;
		const whole = Number.isSafeInteger(width) && Number.isSafeInteger(height) && width! > 0 && height! > 0;
		if (whole && ArrayBuffer.isView(data) && data.BYTES_PER_ELEMENT === 1 && data.length === width! * height! * 3)
			continue;
		throw new ArgumentError({
			what: `${what} picture ${i}`,
			expected: "{ width, height, data } with 3 bytes a pixel",
			found: `${width} × ${height} with ${data?.length ?? 0} bytes`,
		});
	}
}

export interface LatentsOptions {
	/** Latents of one picture: `[channels, height, width]`. */
	dims: readonly [channels: number, height: number, width: number];
	/** Draws unit Gaussian noise of a shape: once, for all pictures. */
	draw: (dims: readonly number[]) => Float32Array;
	signal: AbortSignal | undefined;
}

/** The pictures as the denoiser knows them, `[n, channels, height, width]`: resized, whatever their proportions, encoded and drawn. */
export async function latentsOf(
	vae: Autoencoder,
	pictures: readonly Image[],
	{ dims, draw, signal }: LatentsOptions,
): Promise<Tensor<"float32">> {
	const latents = [pictures.length, ...dims];
	if (pictures.length === 0) return float32(new Float32Array(), latents);
	const size = { width: dims[2] * vae.scale, height: dims[1] * vae.scale };
	const resized = pictures.map((picture) => resizeLanczos(picture, size));
	const encoded = await vae.encode(fromImages(resized), { signal });
	return encoded.sample(draw(latents));
}
