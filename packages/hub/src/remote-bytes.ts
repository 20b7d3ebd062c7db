import { type ByteSource, MemoryBytes } from "@drum/tensor";
import type { Bringing } from "./bringing.ts";
import { notFetched } from "./hub-failures.ts";
import { damaged, hashOf } from "./kept-blob.ts";
import { Interruption, retrying } from "./retry.ts";

/** Files of up to this many bytes are fetched whole, and once. */
export const SMALL = 2 ** 25;

/** A file of the hub that is read by range. */
export class RemoteBytes implements ByteSource {
	readonly name: string;
	readonly size: number;
	readonly #bringing: Bringing;

	constructor(bringing: Bringing) {
		this.name = bringing.file.path;
		this.size = bringing.file.size;
		this.#bringing = bringing;
	}

	async read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
		const { what, signal } = this.#bringing;
		try {
			return await receive(this.#bringing, from, Math.min(to, this.size));
		} catch (error) {
			signal?.throwIfAborted();
			throw notFetched(error, what);
		}
	}
}

/** Fetches a whole small file. @throws DownloadError if its bytes are not those that the hub lists */
export async function readSmall(bringing: Bringing): Promise<ByteSource> {
	const { what, file, onBytes, signal } = bringing;
	const bytes = await receive(bringing, 0, file.size, onBytes);
	if ((await hashOf(new Blob([bytes]), file, signal)) !== file.etag) throw damaged(what, file);
	return new MemoryBytes(file.path, bytes);
}

async function receive(
	{ content, onPause, signal }: Bringing,
	from: number,
	to: number,
	onBytes?: (loaded: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
	const bytes = new Uint8Array(Math.max(0, to - from));
	let loaded = 0;
	const fill = async () => {
		for await (const chunk of loaded < bytes.length ? content(from + loaded, to) : []) {
			const part = chunk.subarray(0, bytes.length - loaded);
			bytes.set(part, loaded);
			loaded += part.length;
			onBytes?.(loaded);
			if (loaded === bytes.length) return;
		}
		if (loaded < bytes.length) throw new Interruption(`the connection closed after ${loaded} of ${bytes.length} bytes`);
	};
	await retrying(fill, { progress: () => loaded, onPause, signal });
	return bytes;
}
