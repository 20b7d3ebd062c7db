import type { ByteSource, DownloadError } from "@drum/tensor";

/** How far one file's download has come. */
export interface DownloadProgress {
	/** The file's path in its repository. */
	file: string;
	/** Bytes of it that are here; never falls, and ends at `total`. */
	loaded: number;
	/** Bytes of the whole file. */
	total: number;
}

/** Something outside that is waited for. */
export interface HubWait {
	/** What, as the end of the sentence "waiting for …". */
	what: string;
	/** How long at most; undefined where that is not known. */
	milliseconds: number | undefined;
}

/** A checkpoint's files, wherever they lie. */
export interface Repository {
	/** The source as the user gave it, for messages. */
	readonly name: string;
	/** Whether the repository holds this file; `path` is relative, with `/` between its parts. */
	has(path: string): Promise<boolean>;
	/**
	 * All its files, as relative paths with `/`, sorted. Where the hub is not asked and its list was not kept, those of a hub repository
	 * that are in the cache.
	 */
	list(): Promise<readonly string[]>;
	/**
	 * What to throw where `thing` is missing that may only not have been downloaded, since the hub is not asked or does not answer.
	 * Undefined where what `list` tells is all there is.
	 */
	absent(thing: string): DownloadError | undefined;
	/**
	 * Opens a file. In Node.js it is downloaded first if need be, and has a `path`; in a browser a large one is read by range.
	 *
	 * @throws FileError if the repository has no such file, or it cannot be written (disk full, no permission)
	 * @throws DownloadError if it cannot be fetched; what has arrived is kept, and the next call goes on from there
	 */
	file(path: string): Promise<ByteSource>;
	/**
	 * The first bytes of a file, which is not downloaded for it: a safetensors header, say.
	 *
	 * @param length how many; fewer come where the file is shorter
	 * @throws as `file` does
	 */
	head(path: string, length: number): Promise<FileHead>;
}

/** The first `length` bytes of an open file. */
export async function headOf(file: ByteSource, length: number): Promise<FileHead> {
	return { bytes: await file.read(0, Math.min(length, file.size)), size: file.size };
}

/** A file's beginning. */
export interface FileHead {
	bytes: Uint8Array;
	/** Bytes of the whole file. */
	size: number;
}

/** A file of a repository, whose neighbours are the repository's. */
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
