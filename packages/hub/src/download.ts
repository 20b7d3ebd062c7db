import { createHash, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { DownloadError } from "@drum/tensor";
import { isSystemError, noRoom, writing } from "./disk-failures.ts";
import type { RemoteFile } from "./hub-client.ts";
import { gaveUp } from "./hub-failures.ts";
import { withLock } from "./lock.ts";
import { Interruption, retrying } from "./retry.ts";

export interface BlobDownload {
	/** Repository and path, for messages. */
	what: string;
	file: RemoteFile;
	/** Where the whole file will lie; `<blob>.incomplete` is its part. */
	blob: string;
	/** The file's bytes from an offset on. */
	content: (offset: number) => AsyncIterable<Uint8Array>;
	onBytes: (loaded: number) => void;
	signal: AbortSignal | undefined;
}

/**
 * Brings a file into the cache: goes on from the part that an earlier try left, checks size and hash, and only then
 * gives it its name. Whoever asks for the same file meanwhile, in another process too, waits and finds it there.
 */
export async function downloadBlob(download: BlobDownload): Promise<void> {
	const { what, file, blob, signal } = download;
	const folder = dirname(blob);
	if (await isWhole(blob, file.size)) return;
	let reached = -1;
	const onBytes = (loaded: number) => {
		if (loaded > reached) download.onBytes(loaded);
		reached = Math.max(reached, loaded);
	};
	const onWait = async () => onBytes(Math.min(await sizeOf(partOf(blob)), file.size));
	try {
		await writing(what, folder, async () => {
			await mkdir(folder, { recursive: true });
			await withLock(`${blob}.lock`, { onWait, signal }, async () => {
				if (await isWhole(blob, file.size)) return onBytes(file.size);
				await fill({ ...download, onBytes });
			});
		});
	} catch (error) {
		signal?.throwIfAborted();
		throw gaveUp(error, what);
	}
}

function partOf(blob: string): string {
	return `${blob}.incomplete`;
}

/** 0 if there is no such file. */
async function sizeOf(path: string): Promise<number> {
	return (await stat(path).catch(() => undefined))?.size ?? 0;
}

async function isWhole(path: string, size: number): Promise<boolean> {
	return (await stat(path).catch(() => undefined))?.size === size;
}

/** Writes at explicit positions, so that a second writer, should a lock ever fail, writes the same bytes to the same place. */
async function fill({ what, file, blob, content, onBytes, signal }: BlobDownload): Promise<void> {
	const part = partOf(blob);
	const left = await sizeOf(part);
	await checkRoom(what, blob, file.size - left);
	const handle = await open(part, constants.O_RDWR | constants.O_CREAT);
	const hash = hashOf(file);
	let loaded = left;
	let damaged = false;
	try {
		loaded = await resume(handle, file.size, hash, signal);
		onBytes(loaded);
		const receive = async () => {
			for await (const chunk of loaded < file.size ? content(loaded) : []) {
				damaged = loaded + chunk.length > file.size;
				if (damaged) throw arrivedDamaged(what, `${file.size} bytes`, "more");
				await writeAll(handle, chunk, loaded);
				hash.update(chunk);
				loaded += chunk.length;
				onBytes(loaded);
				signal?.throwIfAborted();
			}
			if (loaded < file.size) throw new Interruption(`the connection closed after ${loaded} of ${file.size} bytes`);
		};
		await retrying(receive, { progress: () => loaded, signal });
		const digest = hash.digest("hex");
		damaged = digest !== file.etag;
		if (damaged) throw arrivedDamaged(what, `hash ${file.etag}`, digest);
		await handle.datasync();
		await rename(part, blob).catch(async (error: unknown) => {
			if (!(await isWhole(blob, file.size))) throw error;
		});
	} catch (error) {
		if (damaged || loaded === 0 || isSystemError(error)) await rm(part, { force: true });
		throw error;
	} finally {
		await handle.close();
	}
}

/** SHA-256 as Git LFS takes it of large files; git's own SHA-1 of the others, which counts a header in. */
function hashOf({ etag, size }: RemoteFile): Hash {
	return etag.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
}

/** Takes what an earlier try has left into the hash, and returns its length. */
async function resume(handle: FileHandle, size: number, hash: Hash, signal: AbortSignal | undefined): Promise<number> {
	const { size: left } = await handle.stat();
	if (left > size) await handle.truncate(0);
	if (left === 0 || left > size) return 0;
	for await (const chunk of handle.createReadStream({ start: 0, end: left - 1, autoClose: false })) {
		signal?.throwIfAborted();
		hash.update(chunk);
	}
	return left;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
	for (let done = 0; done < bytes.length; ) {
		const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
		done += bytesWritten;
	}
}

/** Better before gigabytes than after. File systems that cannot tell say that they have no blocks at all. */
async function checkRoom(what: string, blob: string, bytes: number): Promise<void> {
	const { bavail, blocks, bsize } = await statfs(dirname(blob));
	if (blocks > 0 && bavail * bsize < bytes) {
		throw noRoom(what, dirname(blob), { expected: `${bytes} bytes free`, found: `${bavail * bsize}` });
	}
}

function arrivedDamaged(what: string, expected: string, found: string): DownloadError {
	const next = "It was removed: run this again. If it happens again, something between here and the hub alters files";
	return new DownloadError({ what: `${what} arrived damaged`, expected, found, next });
}
