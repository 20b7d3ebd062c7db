import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";

/**
 * Makes the file at `path`, or replaces it. It is written beside its place, under a name that ends in `.tmp`, brought to the disk and
 * then moved there, so `path` holds the old file or the whole new one, whatever happens, also where two do so at once.
 * @throws what `write` or the system throws, and then nothing is left beside `path`.
 */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
	const temporary = `${path}.${randomUUID()}.tmp`;
	try {
		const file = await open(temporary, "wx");
		try {
			await write(file);
			await file.sync();
		} finally {
			await file.close();
		}
		await rename(temporary, path);
	} catch (error) {
		await rm(temporary, { force: true });
		throw error;
	}
}
