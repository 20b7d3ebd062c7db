import {
	MOST_PICTURE_BYTES,
	type OpenedPicture,
	openPicture,
	type PictureInput,
	readPictureFile,
} from "@drum/diffusion";
import { ArgumentError, sha256 } from "@drum/tensor";

/** A liked picture: a file's path, its bytes or a `Blob` (PNG, JPEG, WebP, AVIF, GIF, TIFF), or pixels. Addresses are not fetched. */
export type LikedPicture = PictureInput | Blob;

/** A picture whose bytes are read, and whose pixels are not yet. */
export interface GivenPicture {
	/** Its file; undefined for pixels. */
	readonly file: Uint8Array | undefined;
	/** SHA-256 of the file's bytes, in hexadecimal; of pixels, of their size and bytes. */
	readonly hash: string;
	/** The pixels. @throws ArgumentError for what is no picture, or too large. */
	open(): Promise<OpenedPicture>;
}

/**
 * Reads a picture's bytes.
 * @param what names it in messages
 * @throws ArgumentError for what is none, or too large; FileError for a path that cannot be read.
 */
export async function givenPicture(input: LikedPicture, what: string): Promise<GivenPicture> {
	const file = await fileOf(input, what);
	if (file) return { file, hash: sha256(file), open: () => openPicture(file, what) };
	const picture = await openPicture(input as PictureInput, what);
	const { width, height, data } = picture;
	return { file: undefined, hash: sha256(`${width} ${height} `, data), open: async () => picture };
}

async function fileOf(input: LikedPicture, what: string): Promise<Uint8Array | undefined> {
	if (typeof input === "string") return readPictureFile(input, what);
	if (input instanceof Uint8Array) return input;
	if (!(input instanceof Blob)) return undefined;
	if (input.size > MOST_PICTURE_BYTES)
		throw new ArgumentError({ what, expected: `at most ${MOST_PICTURE_BYTES} bytes`, found: String(input.size) });
	return new Uint8Array(await input.arrayBuffer());
}

/**
 * The hash that a picture is known by in a cache.
 * @throws ArgumentError, FileError for what is no picture.
 */
export async function pictureHash(image: LikedPicture): Promise<string> {
	return (await givenPicture(image, "image")).hash;
}
