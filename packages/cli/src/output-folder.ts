import { constants } from "node:fs";
import { access, rmdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { FileError } from "@drum/tensor";
import { makeFolder as makeMissing, notWritten } from "@drum/tensor/node";

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
	try {
		const made = await makeMissing(folder);
		await access(folder, constants.W_OK | constants.X_OK);
		return made;
	} catch (cause) {
		throw notWritten(`output folder ${folder}`, "a folder that can be written to", cause);
	}
}

/**
 * Checks that a history can be written into a new file: one that is there is replaced only by `force`.
 * @throws FileError
 */
export async function checkNewHistory(out: string, force = false): Promise<void> {
	await checkFolder(dirname(resolve(out)));
	const found = await stat(out).catch(() => undefined);
	if (!found || (force && found.isFile())) return;
	const next = found.isFile()
		? "Its prompts may have been edited: choose another name, or --force"
		: "Choose another name";
	throw new FileError({
		what: `--out ${out}`,
		expected: "a new file",
		found: found.isFile() ? "a file" : "none",
		next,
	});
}
