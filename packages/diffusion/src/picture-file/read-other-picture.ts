import { FileError } from "@drum/tensor";
import { latin1 } from "../latin1.ts";
import type { FileParts } from "./file-parts.ts";

/**
 * What the header of an AVIF, TIFF or GIF file holds.
 * @throws FileError for what its decoder does not read.
 */
export async function readOtherPicture(bytes: Uint8Array): Promise<FileParts & { readonly format: string }> {
	const { default: sharp } = await import("sharp");
	try {
		const { format, width, height, xmp, exif } = await sharp(bytes, { limitInputPixels: false }).metadata();
		const isHeaded = exif && latin1(exif.subarray(0, 6)) === "Exif\0\0";
		return { format, width, height, xmp, exif: isHeaded ? exif.subarray(6) : exif, texts: [] };
	} catch (cause) {
		const found = `a damaged one (${(cause as Error).message.split("\n")[0]})`;
		throw new FileError({ what: "picture", expected: "a whole AVIF, TIFF or GIF file", found, cause });
	}
}
