import { chmodSync, lstatSync, readdirSync } from "node:fs";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";

const OWNER = { folder: 0o700, file: 0o600 };
const MODE = 0o777;

/**
 * Makes a folder for its owner alone, or makes it so where it is there. Of one that is another user's, such as a mounted disk, the
 * modes stay: what is made in it is private all the same.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
	await mkdir(folder, { recursive: true, mode: OWNER.folder });
	await chmod(folder, OWNER.folder).catch((error: NodeJS.ErrnoException) => {
		if (error.code !== "EPERM") throw error;
	});
}

/** Makes all that is in a folder, and itself, its owner's alone. Postgres's own files are anybody's when initdb has made them. */
export function makePrivate(folder: string): void {
	// Windows has no modes: there a folder's rights go on to what is in it.
	if (process.platform === "win32") return;
	set(folder, OWNER.folder);
	for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
		const path = join(entry.parentPath, entry.name);
		if (entry.isDirectory()) set(path, OWNER.folder);
		else if (entry.isFile()) set(path, OWNER.file);
	}
}

function set(path: string, mode: number): void {
	if ((lstatSync(path).mode & MODE) !== mode) chmodSync(path, mode);
}
