import { FileError } from "@drum/tensor";

/**
 * Runs `task`, and turns the operating system's errors into FileErrors for the user.
 *
 * @param what what `task` writes, for messages
 * @param folder where it writes
 */
export async function writing<T>(what: string, folder: string, task: () => Promise<T>): Promise<T> {
	try {
		return await task();
	} catch (error) {
		if (!isSystemError(error)) throw error;
		if (error.code === "ENOSPC" || error.code === "EDQUOT") throw noRoom(what, folder, { found: error.message }, error);
		throw new FileError({
			what: `${what} cannot be written to ${folder}`,
			found: error.message,
			next: "Give a cache folder that can be written, with HF_HOME or the option cacheDir",
			cause: error,
		});
	}
}

export function noRoom(
	what: string,
	folder: string,
	difference: { expected?: string; found: string },
	cause?: unknown,
): FileError {
	const next = `Free some space in ${folder}, or move the cache with HF_HOME or the option cacheDir`;
	return new FileError({ what: `no room on the disk for ${what}`, ...difference, next, cause });
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
	return error instanceof Error && "syscall" in error && "code" in error;
}
