/**
 * A file's bytes by range, wherever it lies: on a disk, behind an address, in a `Blob`, in memory. `openBytes` makes one of any of these,
 * and anything else that has bytes can be one.
 */
export interface ByteSource {
	/** Names it in messages: a path, an address, a file's name. What ends in `.json` is text, such as a checkpoint's index. */
	readonly name: string;
	/** Bytes of the whole. */
	readonly size: number;
	/**
	 * Bytes from `from` to before `to`, in memory of their own; fewer where the file ends before.
	 * @throws FileError where it cannot be read, DownloadError where it cannot be fetched
	 */
	read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>>;
	/** Opens it for many reads, where opening takes time. */
	open?(): Promise<ByteReader>;
	/**
	 * Another file of the same folder, or below it: a shard next to its index.
	 * @throws FileError where there is none
	 */
	beside?(path: string): Promise<ByteSource>;
	/** Absolute path, without links, of a file on this machine, which a runtime may map into memory. */
	readonly path?: string | undefined;
	/** The same bytes as a `Blob`, of which a runtime may take ranges itself. */
	readonly blob?: Blob | undefined;
}

/** An open file. */
export interface ByteReader {
	read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>>;
	close(): Promise<void>;
}

/** A source opened for many reads; one that needs no opening as it is. */
export async function openReader(source: ByteSource): Promise<ByteReader> {
	return (await source.open?.()) ?? { read: (from, to) => source.read(from, to), close: async () => {} };
}
