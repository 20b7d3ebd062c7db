import { mkdir, readdir, realpath, rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DrumError, FileError } from "@drum/tensor";
import { hubHome, replaceFile } from "@drum/tensor/node";
import { isWhole, setChecked } from "./check-file.ts";
import { DataDigest } from "./data-digest.ts";
import type { Matrix } from "./matrices.ts";
import type { FileLayout } from "./quantized-file.ts";
import { type WriteOptions, writeAt, writeQuantized } from "./write-quantized.ts";

/** Milliseconds after which a file that nobody writes any more is one that a process left when it was killed. */
const ABANDONED = 3_600_000;

/** Next to the hub's cache: the user chose that disk for large files. */
export function defaultFolder(): string {
	return join(hubHome(), "drum", "quantized");
}

/** The real path, as ONNX Runtime reads no weights through a link that leads out of their folder. */
export async function openFolder(folder: string): Promise<string> {
	try {
		await mkdir(folder, { recursive: true });
		return await realpath(folder);
	} catch (cause) {
		throw unwritable(folder, cause as Error);
	}
}

/**
 * Makes the file at `path` unless it is there with the data that were written: whole or not at all, also where two do so at once. `name` is the checkpoint's, for
 * messages.
 */
export async function fileOnce(
	path: string,
	name: string,
	matrices: readonly Matrix[],
	layout: FileLayout,
	options: WriteOptions,
): Promise<void> {
	if (await isWhole(path, layout, options.signal)) return;
	const folder = dirname(path);
	await removeAbandoned(folder);
	const { bavail, blocks, bsize } = await statfs(folder);
	if (blocks > 0 && bavail * bsize < layout.size) throw noRoom(name, folder, layout.size, `${bavail * bsize}`);
	try {
		await replaceFile(path, async (file) => {
			const digest = new DataDigest();
			await writeQuantized(file, matrices, layout.at(), digest, options);
			await writeAt(file, layout.header(digest.hex()), 0);
			await setChecked(path, file);
			options.signal?.throwIfAborted();
		});
	} catch (error) {
		if (options.signal?.aborted || DrumError.is(error) || !isSystemError(error)) throw error;
		if (error.code === "ENOSPC" || error.code === "EDQUOT") throw noRoom(name, folder, layout.size, "fewer", error);
		// Where another process has the file open, Windows lets nobody replace it: it is the same then.
		if (!(await isWhole(path, layout, options.signal))) throw unwritable(folder, error);
	}
}

async function removeAbandoned(folder: string): Promise<void> {
	const names = (await readdir(folder)).filter((name) => name.endsWith(".tmp"));
	for (const path of names.map((name) => join(folder, name))) {
		const found = await stat(path).catch(() => undefined);
		if (found && Date.now() - found.mtimeMs > ABANDONED) await rm(path, { force: true });
	}
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
	return error instanceof Error && "syscall" in error && "code" in error;
}

function noRoom(name: string, folder: string, size: number, free: string, cause?: unknown): FileError {
	return new FileError({
		what: `no room on the disk for the quantised weights of ${name}`,
		expected: `${size} bytes free`,
		found: free,
		next: `Free some space in ${folder}, or put the quantised weights elsewhere, with HF_HOME or the option cacheFolder`,
		cause,
	});
}

function unwritable(folder: string, cause: Error): FileError {
	return new FileError({
		what: `quantised weights cannot be written to ${folder}`,
		found: cause.message,
		next: "Give a folder that can be written, with HF_HOME or the option cacheFolder",
		cause,
	});
}
