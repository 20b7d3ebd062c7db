import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and those above it, as far as they are missing.
 * @returns those that were made, outermost first
 * @throws what the system throws; ENOTDIR where a file is in a folder's place.
 */
export async function makeFolder(folder: string): Promise<string[]> {
	const made: string[] = [];
	// One by one: Node's recursive mkdir never returns where a parent exists but refuses, as /proc does.
	for (const path of (await missingFolders(folder)).reverse()) {
		try {
			await mkdir(path);
			made.push(path);
		} catch (error) {
			// Another call has made it in the meantime.
			if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
		}
	}
	return made;
}

/** The folder and those above it that are not there, innermost first. */
async function missingFolders(folder: string): Promise<string[]> {
	const missing: string[] = [];
	for (let path = resolve(folder); ; path = dirname(path)) {
		const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== "ENOENT" || path === dirname(path)) throw error;
		});
		if (found?.isDirectory()) return missing;
		if (found) throw Object.assign(new Error(`${path} is a file`), { code: "ENOTDIR" });
		missing.push(path);
	}
}
