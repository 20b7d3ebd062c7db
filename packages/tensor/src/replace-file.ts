import { randomUUID } from "node:crypto";
import { fsync } from "node:fs";
import { type FileHandle, open, rename, rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { FileError } from "./errors.ts";
import { makeFolder } from "./make-folder.ts";
import type { ReplaceFileOptions } from "./replace-options.ts";
import { printable } from "./shown.ts";

/**
 * Makes the file at `path`, or replaces it; folders that are missing are made. It is written next to its place, under a name that ends in
 * `.tmp`, brought to the disk and then moved there, so `path` holds the old file or the whole new one, whatever happens, also where two
 * calls do so at once.
 * @throws what `write` or the system throws, and then nothing is left next to `path`.
 */
export async function replaceFile(
	path: string,
	write: (file: FileHandle) => Promise<void>,
	{ mode }: ReplaceFileOptions = {},
): Promise<void> {
	const temporary = `${path}.${randomUUID()}.tmp`;
	const folders = await makeFolder(dirname(path));
	try {
		const file = await open(temporary, "wx", mode);
		try {
			await write(file);
			// Not `file.sync()`, which Yarn's file system does not have.
			await promisify(fsync)(file.fd);
		} finally {
			await file.close();
		}
		await rename(temporary, path);
	} catch (error) {
		await rm(temporary, { force: true });
		// A folder that another call has filled in the meantime stays.
		for (const folder of folders.reverse()) await rmdir(folder).catch(() => undefined);
		throw error;
	}
}

const REASONS: Readonly<Record<string, string>> = {
	ENOENT: "no such folder",
	ENOTDIR: "a file in a folder's place",
	EEXIST: "a folder in its place",
	EISDIR: "a folder in its place",
	EACCES: "no permission",
	EPERM: "no permission",
	EROFS: "a read-only disk",
	ENOSPC: "no room left on the disk",
	EDQUOT: "no room left on the disk",
	ENAMETOOLONG: "a name that is too long",
};

/**
 * The error of a file that could not be written, in plain words.
 * @param expected what was to be written, as "a place to write a picture"
 */
export function notWritten(path: string, expected: string, cause: unknown): FileError {
	const { code, message } = cause as NodeJS.ErrnoException;
	return new FileError({ what: printable(path), expected, found: REASONS[code ?? ""] ?? printable(message), cause });
}
