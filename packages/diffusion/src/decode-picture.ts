import type { RawPicture } from "./raw-picture.ts";

/** What the header of a picture's file says. */
export interface PictureHeader {
	/** The decoder's name for it: "jpeg", "png", "webp", "heif", "gif", "tiff". */
	readonly format: string;
	readonly width: number;
	readonly height: number;
	/** The size once the picture is turned as its EXIF orientation has it. */
	readonly upright: { readonly width: number; readonly height: number };
}

/** Reads the header alone. */
export async function readHeader(bytes: Uint8Array): Promise<PictureHeader> {
	const sharp = await decoder();
	const { format, width, height, autoOrient } = await sharp(bytes, {
		limitInputPixels: false,
		autoOrient: true,
	}).metadata();
	return { format, width, height, upright: { width: autoOrient.width, height: autoOrient.height } };
}

/** The pixels, upright, in sRGB. @throws an Error of the decoder for what is damaged, or has more than `mostPixels` */
export async function decodePixels(bytes: Uint8Array, mostPixels: number): Promise<RawPicture> {
	const sharp = await decoder();
	const { data, info } = await sharp(bytes, { limitInputPixels: mostPixels, failOn: "error", autoOrient: true })
		.toColourspace("srgb")
		.raw({ depth: "uchar" })
		.toBuffer({ resolveWithObject: true });
	return { ...info, data };
}

/** A native library: loaded with the first picture that is read, not with the first that is drawn. */
async function decoder() {
	return (await import("sharp")).default;
}
