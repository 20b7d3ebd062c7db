import { constants, type Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { FileError } from "./errors.ts";
import { LARGEST_TEXT, tooLarge } from "./read-whole.ts";

const CHUNK = 1 << 20;

/**
 * Opens a file for reading. Only regular files are opened, also through links: a FIFO would wait for somebody to write to it, and
 * a device may never end.
 * @param what the file, for messages; default its path
 * @throws FileError
 */
export async function openFile(path: string, what = path): Promise<FileHandle> {
	try {
		refuseOthers(what, await stat(path));
		// Should it have become a FIFO since, opening it does not wait. Windows knows no such flag.
		const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
		try {
			refuseOthers(what, await file.stat());
			return file;
		} catch (error) {
			await file.close();
			throw error;
		}
	} catch (cause) {
		throw unreadable(what, cause);
	}
}

export interface ReadOptions {
	/** Limit in bytes; default 64 MB. */
	most?: number;
	/** The file, for messages; default its path. */
	what?: string;
}

/**
 * Reads a file whole that is not expected to be large.
 * @throws FileError where it cannot be read, or is larger, which is found before it is read
 */
export async function readWholeFile(path: string, options: ReadOptions = {}): Promise<Buffer> {
	const { most = LARGEST_TEXT, what = path } = options;
	const file = await openFile(path, what);
	try {
		const { size } = await file.stat();
		const parts: Buffer[] = [];
		let length = 0;
		// A file may grow while it is read, and those of /proc give no size.
		for (;;) {
			if (Math.max(size, length) > most) throw tooLarge(what, most, Math.max(size, length));
			const part = Buffer.allocUnsafe(Math.max(size - length, length === size ? 1 : CHUNK));
			const { bytesRead } = await file.read(part, 0, part.length, length);
			if (bytesRead === 0) return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
			parts.push(part.subarray(0, bytesRead));
			length += bytesRead;
		}
	} catch (cause) {
		throw unreadable(what, cause);
	} finally {
		await file.close();
	}
}

/** As `readWholeFile`, in UTF-8 without a byte order mark. */
export async function readTextFile(path: string, options: ReadOptions = {}): Promise<string> {
	return new TextDecoder().decode(await readWholeFile(path, options));
}

function refuseOthers(what: string, found: Stats): void {
	if (found.isFile()) return;
	throw new FileError({ what, expected: "a file that can be read", found: kindOf(found) });
}

function kindOf(found: Stats): string {
	if (found.isDirectory()) return "a folder";
	if (found.isFIFO()) return "a FIFO";
	return found.isSocket() ? "a socket" : "a device";
}

const REASONS: Readonly<Record<string, string>> = {
	ENOENT: "no such file",
	EACCES: "no permission to read it",
	ELOOP: "a link that leads to itself",
};

function unreadable(what: string, cause: unknown): FileError {
	if (cause instanceof FileError) return cause;
	const { code, message } = cause as NodeJS.ErrnoException;
	const found = REASONS[code ?? ""] ?? message;
	return new FileError({ what, expected: "a file that can be read", found, cause });
}
