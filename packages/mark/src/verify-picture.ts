import { MOST_PICTURE_BYTES, type PictureMarks, readPictureMarks } from "@drum/diffusion";
import { readWholeFile } from "@drum/tensor/node";
import { type ManifestReport, type ReadManifestOptions, readManifest } from "./read-manifest.ts";

/** All that a picture's file tells of where it comes from. */
export interface VerifiedPicture extends PictureMarks {
	/** Its C2PA manifest. */
	readonly c2pa?: ManifestReport | undefined;
}

/**
 * Reads what a picture's file, or its bytes, tell: XMP, parameters, and a C2PA manifest with its state.
 * @throws what `readPictureMarks` and `readManifest` throw; FileError for a file that cannot be read, or is larger than 256 MB.
 */
export async function verifyPicture(
	picture: string | Uint8Array,
	options: ReadManifestOptions = {},
): Promise<VerifiedPicture> {
	const bytes =
		typeof picture === "string" ? await readWholeFile(picture, { what: picture, most: MOST_PICTURE_BYTES }) : picture;
	const marks = await readPictureMarks(bytes);
	const c2pa = await readManifest(bytes, options);
	return c2pa ? { ...marks, c2pa } : marks;
}
