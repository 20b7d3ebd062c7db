import { isUtf8 } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { CaptionFile } from "./caption-files.ts";
import { malformed, unreadable } from "./malformed.ts";

/** The byte that ends a line. */
export const LINE_BREAK = /\r\n|\n|\r/;
/** The most bytes of a line. A longer one is from a file of another kind, or a quote was not closed. */
export const LONGEST_LINE = 10 * 2 ** 20;
const READ = 2 ** 18;
const MARK = Buffer.from("\ufeff");

/** Whole lines in UTF-8, without a byte order mark. `line` is the number of the first, from 1. */
export interface LineBlock {
	readonly bytes: Buffer;
	readonly line: number;
}

/**
 * A text file, decompressed, in blocks of whole lines of about 256 KiB.
 * @throws FileError that names the line which is not UTF-8, contains NUL characters or is longer than 10 MiB
 */
export async function* lineBlocks(
	{ path, gzip }: CaptionFile,
	handle: FileHandle,
	signal: AbortSignal | undefined,
): AsyncGenerator<LineBlock> {
	let rest: Buffer[] = [];
	let size = 0;
	let line = 1;
	const whole = (last: Buffer) => {
		const bytes = Buffer.concat([...rest, last]);
		checkText(bytes, path, line);
		const block = { bytes: line === 1 && bytes.subarray(0, 3).equals(MARK) ? bytes.subarray(3) : bytes, line };
		line += lineBreaks(bytes);
		return block;
	};
	for await (const bytes of chunks(path, handle, gzip)) {
		signal?.throwIfAborted();
		const end = bytes.lastIndexOf(10) + 1;
		if (end > 0) {
			yield whole(bytes.subarray(0, end));
			rest = [];
			size = 0;
		}
		rest.push(bytes.subarray(end));
		size += bytes.length - end;
		if (size > LONGEST_LINE) {
			throw malformed(`${path}, line ${line}`, "a line break (\\n) within 10 MiB", "none");
		}
	}
	if (size > 0) yield whole(Buffer.alloc(0));
}

async function* chunks(path: string, handle: FileHandle, gzip: boolean): AsyncGenerator<Buffer> {
	const file = handle.createReadStream({ autoClose: false, highWaterMark: READ });
	// Its errors also come from the decompressed stream.
	const stream = gzip ? pipeline(file, createGunzip({ chunkSize: READ }), () => {}) : file;
	try {
		yield* stream;
	} catch (cause) {
		throw unreadable(path, cause);
	}
}

function checkText(bytes: Buffer, path: string, line: number): void {
	if (isUtf8(bytes) && !bytes.includes(0)) return;
	const lines = bytes.toString("latin1").split(LINE_BREAK);
	const wrong = lines.findIndex((each) => each.includes("\0") || !isUtf8(Buffer.from(each, "latin1")));
	const wide = bytes.includes(0) ? "NUL characters, as UTF-16 and binary files have" : "other bytes";
	const next = "Save it as UTF-8";
	throw malformed(`${path}, line ${line + wrong}`, "text in UTF-8", wide, next);
}

/** A loop over bytes: 1.3 ms for a MiB, of the 6 to 9 ms for its lines in total. */
function lineBreaks(bytes: Buffer): number {
	let count = 0;
	for (let at = 0; at < bytes.length; at++) {
		const byte = bytes[at];
		if (byte === 10 || (byte === 13 && bytes[at + 1] !== 10)) count++;
	}
	return count;
}
