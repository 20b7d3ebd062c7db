import type { Image } from "../image.ts";

/** A file of these pixels alone. `quality` from 1 to 100. */
export async function encodePixels(
	{ width, height, data }: Image,
	format: "jpeg" | "webp",
	quality: number,
): Promise<Uint8Array> {
	// A native library: loaded with the first picture that needs it.
	const { default: sharp } = await import("sharp");
	const picture = sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
	return new Uint8Array(await picture.toFormat(format, { quality }).toBuffer());
}
