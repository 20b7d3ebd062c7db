import type { ByteSource } from "./byte-source.ts";
import { FileError } from "./errors.ts";
import { parseJsonFile } from "./file-kind.ts";

/** Bytes up to which JSON and text are read whole. The largest such file of a published checkpoint, T5's tokenizer, has 2.4 MB. */
export const LARGEST_TEXT = 64_000_000;

/**
 * Reads a file whole that is not expected to be large: at most 64 MB, or `most` bytes.
 * @throws FileError where it cannot be read, or is larger, which is found before it is read
 */
export async function readWhole(file: ByteSource, most = LARGEST_TEXT): Promise<Uint8Array<ArrayBuffer>> {
	if (file.size > most) throw tooLarge(file.name, most, file.size);
	return file.read(0, file.size);
}

export function tooLarge(what: string, most: number, size: number): FileError {
	const next = "The file is damaged, or not what its name says";
	return new FileError({ what, expected: `at most ${most} bytes`, found: `${size}`, next });
}

/**
 * Reads a checkpoint's JSON file of at most 64 MB, within the bounds of `parseJson`.
 * @param name the file's, for messages about what it holds; default its own
 * @throws FileError where it cannot be read or is larger; CheckpointError where it is not JSON
 */
export async function readJson(file: ByteSource, name = file.name): Promise<unknown> {
	return parseJsonFile(await readWhole(file), name);
}
