import { DownloadError, nextTurn } from "@drum/tensor";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Bringing } from "./bringing.ts";
import type { RemoteFile } from "./listing.ts";
import { type OpfsFolder, readOpfs, writeOpfs } from "./opfs.ts";
import { Interruption, retrying } from "./retry.ts";

/** How many bytes are collected before they are written. */
const SEGMENT = 2 ** 25;
/** How many bytes are hashed at once. */
const STRETCH = 2 ** 22;
/** Name of the file that marks all segments as complete and correct. */
const WHOLE = "whole";

/** The file in a folder, if its download is complete: a Blob of its segments, which are not loaded into memory. */
export async function wholeBlob(folder: OpfsFolder, size: number): Promise<Blob | undefined> {
	if (!(await readOpfs(folder, WHOLE))) return undefined;
	const blob = new Blob(await segments(folder));
	return blob.size === size ? blob : undefined;
}

/** How many bytes of a file are kept. */
export async function keptBytes(folder: OpfsFolder): Promise<number> {
	return new Blob(await segments(folder)).size;
}

/**
 * Downloads a file into a folder as segments, after those that an earlier try left, and marks it as whole once size and hash are right.
 * Each segment is written completely or not at all, also when a download breaks, so nothing is fetched twice.
 * @throws Interruption if the download breaks; DownloadError if the bytes are not the listed file, after the folder is emptied.
 */
export async function fillBlob(folder: OpfsFolder, bringing: Bringing): Promise<Blob> {
	const { file, what, onBytes, onPause, signal } = bringing;
	const resumed = (await segments(folder)).length > 0;
	let loaded = await keptBytes(folder);
	const receive = async () => {
		loaded = await keptBytes(folder);
		onBytes(Math.min(loaded, file.size));
		if (loaded < file.size) await receiveSegments(folder, bringing, (now) => (loaded = now));
	};
	await retrying(receive, { progress: () => loaded, onPause, signal });
	const kept = await segments(folder);
	const blob = new Blob(kept);
	if (blob.size === file.size && (await hashOf(blob, file, signal)) === file.etag) {
		await writeOpfs(folder, WHOLE, new Blob([file.etag]));
		return blob;
	}
	// From the last to the first, so that after a crash the rest is still the beginning of a file.
	for (let i = kept.length - 1; i >= 0; i--) await folder.removeEntry(`${i}`);
	// The segments of an earlier try may be damaged: start again from the beginning.
	if (resumed) return fillBlob(folder, bringing);
	throw damaged(what, file);
}

async function receiveSegments(
	folder: OpfsFolder,
	{ file, content, onBytes, signal }: Bringing,
	tell: (loaded: number) => void,
): Promise<void> {
	let number = (await segments(folder)).length;
	let loaded = await keptBytes(folder);
	let parts: Uint8Array<ArrayBuffer>[] = [];
	let waiting = 0;
	const write = async () => {
		if (waiting === 0) return;
		await writeOpfs(folder, `${number++}`, new Blob(parts));
		[parts, waiting] = [[], 0];
	};
	try {
		for await (const chunk of content(loaded)) {
			parts.push(chunk as Uint8Array<ArrayBuffer>);
			waiting += chunk.length;
			loaded += chunk.length;
			tell(loaded);
			onBytes(Math.min(loaded, file.size));
			signal?.throwIfAborted();
			if (loaded > file.size) break;
			if (waiting >= SEGMENT) await write();
		}
	} finally {
		await write();
	}
	if (loaded < file.size) throw new Interruption(`the connection closed after ${loaded} of ${file.size} bytes`);
}

async function segments(folder: OpfsFolder): Promise<File[]> {
	const found: File[] = [];
	for (;;) {
		const segment = await readOpfs(folder, `${found.length}`);
		if (!segment || segment.size === 0) return found;
		found.push(segment);
	}
}

/** SHA-256 for large files, as in Git LFS; git's SHA-1, which includes a header, for others. */
export async function hashOf(blob: Blob, { etag, size }: RemoteFile, signal?: AbortSignal): Promise<string> {
	const hash = etag.length === 64 ? sha256.create() : sha1.create().update(utf8ToBytes(`blob ${size}\0`));
	for (let at = 0; at < blob.size; at += STRETCH) {
		signal?.throwIfAborted();
		hash.update(new Uint8Array(await blob.slice(at, at + STRETCH).arrayBuffer()));
		await nextTurn();
	}
	return bytesToHex(hash.digest());
}

export function damaged(what: string, { size, etag }: RemoteFile): DownloadError {
	return new DownloadError({
		what: `${what} arrived damaged`,
		expected: `${size} bytes with hash ${etag}`,
		found: "other bytes",
		next: "It was removed: try again. If it happens again, something between this machine and the hub changes files",
	});
}
