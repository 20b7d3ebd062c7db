import type { Autoencoder, Image } from "@drum/diffusion";
import { resizeLanczos } from "@drum/encoders-clip";
import { ArgumentError, float32, sizeOf, type Tensor } from "@drum/tensor";

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
	const planes = pictures.map((picture) => planesOf(resizeLanczos(picture, size)));
	const all = new Float32Array(planes.length * 3 * size.width * size.height);
	for (const [i, plane] of planes.entries()) all.set(plane, i * plane.length);
	const encoded = await vae.encode(float32(all, [planes.length, 3, size.height, size.width]), { signal });
	return encoded.sample(draw(latents));
}

/** A picture in planes of red, green and blue, from −1 to 1, rounded as diffusers' VaeImageProcessor does. */
function planesOf({
	width,
	height,
	data,
}: Pick<Image, "width" | "height"> & { data: ArrayLike<number> }): Float32Array {
	const pixels = sizeOf([width, height]);
	return Float32Array.from({ length: 3 * pixels }, (_, i) => {
		const byte = data[(i % pixels) * 3 + Math.floor(i / pixels)]!;
		return 2 * Math.fround(byte / 255) - 1;
	});
}
