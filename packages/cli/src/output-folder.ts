import { constants } from "node:fs";
import { access, mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { FileError } from "@drum/tensor";

/**
 * Checks that files can be written into a folder, or that it can be made; makes nothing yet.
 * @throws FileError
 */
export async function checkFolder(folder: string): Promise<void> {
	const fail = (found: string, cause?: unknown): never => {
		throw new FileError({ what: `output folder ${folder}`, expected: "a folder that can be written to", found, cause });
	};
	for (let path = resolve(folder); ; path = dirname(path)) {
		const found = await stat(path).catch(({ code }: NodeJS.ErrnoException) => code);
		if (found === "ENOENT" && path !== dirname(path)) continue;
		if (typeof found !== "object") return fail(`${path}: ${found}`);
		if (!found.isDirectory()) return fail(`${path} is a file`);
		return access(path, constants.W_OK | constants.X_OK).catch((cause) => fail(`${path} may not be written to`, cause));
	}
}

/** @throws FileError */
export async function makeFolder(folder: string): Promise<void> {
	await mkdir(folder, { recursive: true }).catch((cause: Error) => {
		throw new FileError({ what: `output folder ${folder}`, expected: "to make it", found: cause.message, cause });
	});
}
