import type { ByteSource, DownloadError } from "@drum/tensor";

/** Progress of one file's download. */
export interface DownloadProgress {
	/** The file's path in its repository. */
	file: string;
	/** Bytes that have arrived; never decreases, and ends at `total`. */
	loaded: number;
	/** Size of the whole file in bytes. */
	total: number;
}

/** What a call is waiting for outside of this process. */
export interface HubWait {
	/** The end of the sentence "waiting for …". */
	what: string;
	/** The longest wait, in milliseconds; undefined if unknown. */
	milliseconds: number | undefined;
}

/** A checkpoint's files: in a folder, on the hub, at an address or in memory. */
export interface Repository {
	/** The source as the user gave it, for messages. */
	readonly name: string;
	/** Whether the repository has this file; `path` is relative, with `/` between its parts. */
	has(path: string): Promise<boolean>;
	/**
	 * Relative paths of all files, with `/`, sorted. For a hub repository while offline, without a saved list: only the files in the cache.
	 * For a folder behind an address, which cannot be listed: only the files that were found so far.
	 */
	list(): Promise<readonly string[]>;
	/**
	 * The error to throw when `thing` is missing but may exist on the hub, because the hub is not asked or does not answer. Undefined if
	 * the repository is known completely.
	 */
	absent(thing: string): DownloadError | undefined;
	/**
	 * Opens a file. In Node.js the file is downloaded first if it is not on this machine, and has a `path`. In a browser a large file that
	 * cannot be kept is read by range.
	 *
	 * @throws FileError if the repository has no such file, or the file cannot be written (disk full, no permission)
	 * @throws DownloadError if the file cannot be fetched; what has arrived is kept, and the next call continues from there
	 * @throws CheckpointError if a file that is not weights is too large, or the hub's answer is malformed
	 */
	file(path: string): Promise<ByteSource>;
	/**
	 * Reads the first bytes of a file, such as a safetensors header, without downloading the rest.
	 *
	 * @param length number of bytes; a shorter file gives fewer
	 * @throws as `file` does
	 */
	head(path: string, length: number): Promise<FileHead>;
}

/** The first `length` bytes of an open file. */
export async function headOf(file: ByteSource, length: number): Promise<FileHead> {
	return { bytes: await file.read(0, Math.min(length, file.size)), size: file.size };
}

/** The first bytes of a file. */
export interface FileHead {
	bytes: Uint8Array;
	/** Size of the whole file in bytes. */
	size: number;
}

/** A file of a repository; `beside` opens files of the same folder in that repository. */
export function inRepository(repository: Pick<Repository, "file">, path: string, file: ByteSource): ByteSource {
	const folder = path.slice(0, path.lastIndexOf("/") + 1);
	return {
		name: path,
		size: file.size,
		path: file.path,
		blob: file.blob,
		read: (from, to) => file.read(from, to),
		...(file.open && { open: () => file.open!() }),
		beside: (name) => repository.file(folder + name),
	};
}
