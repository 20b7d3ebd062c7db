import { constants } from "node:fs";
import { access, mkdir, rmdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { FileError } from "@drum/tensor";

/**
 * Checks that files can be written into a folder, by making it if it is not there; what was made is taken away again.
 * @throws FileError
 */
export async function checkFolder(folder: string): Promise<void> {
	const made = await makeFolder(folder);
	for (const path of made.reverse()) await rmdir(path).catch(() => undefined);
}

/**
 * Makes a folder and those above it, as far as they are missing.
 * @returns those that were made, outermost first
 * @throws FileError where it cannot be made or written to
 */
export async function makeFolder(folder: string): Promise<string[]> {
	const made: string[] = [];
	try {
		// One by one: Node's recursive mkdir never returns where a parent exists but refuses, as /proc does.
		for (const path of (await missingFolders(folder)).reverse()) {
			await mkdir(path);
			made.push(path);
		}
		await access(folder, constants.W_OK | constants.X_OK);
		return made;
	} catch (cause) {
		const { code, message } = cause as NodeJS.ErrnoException;
		const reasons: Record<string, string> = {
			ENOTDIR: "a file in its place",
			EACCES: "no permission",
			EROFS: "a read-only one",
		};
		const found = reasons[code ?? ""] ?? message;
		throw new FileError({ what: `output folder ${folder}`, expected: "a folder that can be written to", found, cause });
	}
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
