import { type FileHandle, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ByteReader, ByteSource } from "./byte-source.ts";
import { FileError } from "./errors.ts";
import { checkInside } from "./inside.ts";
import { openFile } from "./read-file.ts";

/** A single read of 2 GiB or more fails on Linux. */
const LONGEST_READ = 2 ** 30;

/** A file on this machine. It holds no file descriptor, so there is nothing to close. */
export class LocalFile implements ByteSource {
	/** The path it was opened by. */
	readonly name: string;
	readonly size: number;
	readonly path: string;

	private constructor(name: string, size: number, path: string) {
		this.name = name;
		this.size = size;
		this.path = path;
	}

	/** @throws FileError where there is no such file, or it may not be read */
	static async open(path: string): Promise<LocalFile> {
		const file = await openFile(path);
		try {
			return new LocalFile(path, (await file.stat()).size, await realpath(path));
		} catch (cause) {
			throw unreadable(path, cause as Error);
		} finally {
			await file.close();
		}
	}

	async read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
		const reader = await this.open();
		try {
			return await reader.read(from, to);
		} finally {
			await reader.close();
		}
	}

	async open(): Promise<ByteReader> {
		const file = await openFile(this.path, this.name);
		return { read: (from, to) => readBytes(file, from, to, this.name), close: () => file.close() };
	}

	/** A file that a link takes out of the folder is refused, see `checkInside`. */
	async beside(path: string): Promise<LocalFile> {
		// Beside the file as named, not as resolved: a hub cache links its files into a folder of blobs.
		await checkInside(dirname(this.name), path);
		return LocalFile.open(join(dirname(this.name), path));
	}
}

async function readBytes(file: FileHandle, from: number, to: number, name: string): Promise<Uint8Array<ArrayBuffer>> {
	const bytes = new Uint8Array(to - from);
	for (let at = 0; at < bytes.length; ) {
		const { bytesRead } = await file
			.read(bytes, at, Math.min(bytes.length - at, LONGEST_READ), from + at)
			.catch((cause: Error) => {
				throw unreadable(name, cause);
			});
		if (bytesRead === 0) return bytes.slice(0, at);
		at += bytesRead;
	}
	return bytes;
}

function unreadable(what: string, cause: Error): FileError {
	return new FileError({ what, expected: "a file that can be read", found: cause.message, cause });
}
