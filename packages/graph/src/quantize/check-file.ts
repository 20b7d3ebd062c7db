import type { FileHandle } from "node:fs/promises";
import { openFile } from "@drum/tensor/node";
import { DataDigest } from "./data-digest.ts";
import type { Place } from "./formats.ts";
import type { FileLayout } from "./quantized-file.ts";

/** Bytes at once: about a millisecond of hashing, between which the event loop is free. */
const CHUNK = 1 << 20;

/** Files by path, as they were when this process wrote or checked their data. */
const checked = new Map<string, string>();

/**
 * Whether the regular file at `path` is there with this very header, and with data of the digest that the header names. Data are read
 * once for each file and process, unless the file changes.
 * @throws the signal's reason
 */
export async function isWhole(path: string, layout: FileLayout, signal: AbortSignal | undefined): Promise<boolean> {
	let file: FileHandle | undefined;
	try {
		file = await openFile(path);
		const digest = await digestInHeader(file, layout);
		if (digest === undefined) return false;
		const stamp = await stampOf(file);
		if (checked.get(path) === stamp) return true;
		if ((await digestOfData(file, layout, signal)) !== digest) return false;
		checked.set(path, stamp);
		return true;
	} catch {
		// What cannot be read is made anew.
		signal?.throwIfAborted();
		return false;
	} finally {
		await file?.close();
	}
}

/** Remembers that the data of `file`, which will be at `path`, are right. */
export async function setChecked(path: string, file: FileHandle): Promise<void> {
	checked.set(path, await stampOf(file));
}

async function stampOf(file: FileHandle): Promise<string> {
	const { dev, ino, size, mtimeNs } = await file.stat({ bigint: true });
	return [dev, ino, size, mtimeNs].join();
}

/** The digest that the file's header names; undefined where the header or the size is not the layout's. */
async function digestInHeader(file: FileHandle, { header, size }: FileLayout): Promise<string | undefined> {
	if ((await file.stat()).size !== size) return undefined;
	const { length } = header("0".repeat(64));
	const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
	const digest = /"sha256":"([0-9a-f]{64})"/.exec(buffer.toString("latin1"))?.[1];
	return digest !== undefined && bytesRead === length && buffer.equals(header(digest)) ? digest : undefined;
}

async function digestOfData(
	file: FileHandle,
	layout: FileLayout,
	signal: AbortSignal | undefined,
): Promise<string | undefined> {
	const digest = new DataDigest();
	const bytes = Buffer.allocUnsafe(CHUNK);
	for (const { offset, length } of placesIn(layout)) {
		for (let at = 0; at < length; ) {
			signal?.throwIfAborted();
			const { bytesRead } = await file.read(bytes, 0, Math.min(CHUNK, length - at), offset + at);
			if (bytesRead === 0) return undefined;
			digest.add(offset, bytes.subarray(0, bytesRead));
			at += bytesRead;
		}
	}
	return digest.hex();
}

/** The matrices' parts, as they lie in the file from first to last. */
function placesIn(layout: FileLayout): Place[] {
	const places = [...layout.at().values()].flatMap(({ scales, codes, zeroPoints = [] }) =>
		[scales, codes, zeroPoints].flat(),
	);
	return places.sort((one, other) => one.offset - other.offset);
}
