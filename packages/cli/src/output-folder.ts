import { constants } from "node:fs";
import { access, rmdir } from "node:fs/promises";
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
