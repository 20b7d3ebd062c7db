import { createHash, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { DownloadError } from "@drum/tensor";
import type { Bringing } from "./bringing.ts";
import { isSystemError, noRoom, writing } from "./disk-failures.ts";
import { notFetched } from "./hub-failures.ts";
import type { RemoteFile } from "./listing.ts";
import { withLock } from "./lock.ts";
import { claimPart, largestPart } from "./parts.ts";
import { Interruption, retrying } from "./retry.ts";

export interface BlobDownload extends Bringing {
	/** Path of the complete file. */
	blob: string;
}

/**
 * Downloads a file into the cache, and replaces one of another size. Continues from the part that an earlier try left, checks size and hash
 * of the bytes on the disk, and only then gives the file its name. Other calls for the same file, also in other processes, wait and then
 * use it.
 * @throws FileError if the disk is full or cannot be written; DownloadError if the file cannot be fetched, or arrives damaged
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
	let told = false;
	const onWait = async () => {
		if (!told) download.onOther();
		told = true;
		onBytes(Math.min((await largestPart(blob))?.size ?? 0, file.size));
	};
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
		throw notFetched(error, what);
	}
}

/** Whether a file exists and has `size` bytes. */
export async function isWhole(path: string, size: number): Promise<boolean> {
	const found = await stat(path).catch(() => undefined);
	return found?.isFile() === true && found.size === size;
}

/** Completes the part of an earlier run. If that turns out damaged, discards it and fetches the file from the beginning. */
async function fill(download: BlobDownload): Promise<void> {
	const { part, size } = await claimPart(download.blob, download.file.size);
	await checkRoom(download.what, download.blob, download.file.size - size);
	if (await fillPart(download, part)) return;
	if (size > 0 && (await fillPart(download, (await claimPart(download.blob, 0)).part))) return;
	const { size: bytes, etag } = download.file;
	throw new DownloadError({
		what: `${download.what} arrived damaged`,
		expected: `${bytes} bytes with hash ${etag}`,
		found: "other bytes",
		next: "It was removed: run this again. If it happens again, something between this machine and the hub changes files",
	});
}

/**
 * Writes at explicit positions, so that a second writer (if a lock fails) writes the same bytes to the same place.
 * @returns false, with the part removed, if the bytes on the disk are not the listed file
 */
async function fillPart(
	{ file, blob, content, onBytes, onPause, signal }: BlobDownload,
	part: string,
): Promise<boolean> {
	const handle = await open(part, constants.O_RDWR | constants.O_CREAT);
	let keep = true;
	let loaded = 0;
	try {
		loaded = (await handle.stat()).size;
		onBytes(loaded);
		const receive = async () => {
			for await (const chunk of loaded < file.size ? content(loaded) : []) {
				keep = loaded + chunk.length <= file.size;
				if (!keep) return;
				await writeAll(handle, chunk, loaded);
				loaded += chunk.length;
				onBytes(loaded);
				signal?.throwIfAborted();
			}
			if (loaded < file.size) throw new Interruption(`the connection closed after ${loaded} of ${file.size} bytes`);
		};
		await retrying(receive, { progress: () => loaded, onPause, signal });
		keep &&= await holds(handle, file, signal);
		if (!keep) return false;
		await handle.datasync();
		await rename(part, blob).catch(async (error: unknown) => {
			// Another process has downloaded the file meanwhile: it has taken over this part, or has the target open.
			if (await isWhole(blob, file.size)) keep = false;
			else if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
			else throw new Interruption("another process has taken over this download", { cause: error });
		});
		return true;
	} catch (error) {
		if (loaded === 0 || isSystemError(error)) keep = false;
		throw error;
	} finally {
		await handle.close();
		if (!keep) await rm(part, { force: true });
	}
}

/** Whether size and hash of the file on the disk are those that the hub lists. */
async function holds(handle: FileHandle, file: RemoteFile, signal: AbortSignal | undefined): Promise<boolean> {
	if ((await handle.stat()).size !== file.size) return false;
	const hash = hashOf(file);
	for await (const chunk of handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 2 ** 20 })) {
		signal?.throwIfAborted();
		hash.update(chunk);
	}
	return hash.digest("hex") === file.etag;
}

/** SHA-256 for large files, as in Git LFS; git's SHA-1, which includes a header, for others. */
function hashOf({ etag, size }: RemoteFile): Hash {
	return etag.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
	for (let done = 0; done < bytes.length; ) {
		const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
		done += bytesWritten;
	}
}

/** Checks free space before gigabytes are fetched. File systems that do not know their free space report 0 blocks. */
async function checkRoom(what: string, blob: string, bytes: number): Promise<void> {
	const { bavail, blocks, bsize } = await statfs(dirname(blob));
	if (blocks > 0 && bavail * bsize < bytes) {
		throw noRoom(what, dirname(blob), { expected: `${bytes} bytes free`, found: `${bavail * bsize}` });
	}
}
