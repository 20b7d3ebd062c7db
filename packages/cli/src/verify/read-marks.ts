import type { PictureMarks } from "@drum/pipeline";
import { DrumError, FileError } from "@drum/tensor";
import { readWholeFile } from "@drum/tensor/node";

/** @throws FileError where it cannot be read, or is larger than 256 MB */
export async function readPicture(path: string): Promise<Uint8Array> {
	const { MOST_PICTURE_BYTES } = await import("@drum/pipeline");
	return readWholeFile(path, { what: path, most: MOST_PICTURE_BYTES });
}

/** What a picture's file tells. @throws FileError that names it, for what is no whole picture */
export async function readMarks(path: string): Promise<PictureMarks> {
	const { readPictureMarks } = await import("@drum/pipeline");
	return named(path, readPictureMarks(await readPicture(path)));
}

/** What reading gives, or its error with the file's name. */
export async function named<T>(path: string, reading: Promise<T>): Promise<T> {
	try {
		return await reading;
	} catch (cause) {
		if (!DrumError.is(cause) || cause.code !== "file") throw cause;
		const { expected = "a whole picture", found = "another file", next } = cause;
		throw new FileError({ what: path, expected, found, ...(next !== undefined && { next }), cause });
	}
}
