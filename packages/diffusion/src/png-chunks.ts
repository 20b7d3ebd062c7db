import { FileError } from "@drum/tensor";
import { crc32 } from "./crc32.ts";
import { latin1, latin1Bytes } from "./latin1.ts";
import { MOST_CHUNKS } from "./picture-file/file-parts.ts";
import { joinBytes } from "./picture-file/join-bytes.ts";

/** A part of a PNG file; of its framing only the type is kept. */
export interface PngChunk {
	/** Four letters, as "IHDR". */
	readonly type: string;
	readonly data: Uint8Array;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Length and type before the data, checksum after it. */
const [BEFORE, AFTER] = [8, 4];
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** @throws FileError where the bytes are not a whole PNG file, or a checksum is wrong. */
export function readChunks(bytes: Uint8Array): PngChunk[] {
	if (!SIGNATURE.every((byte, i) => bytes[i] === byte)) throw malformed("the PNG signature", "other bytes");
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const chunks: PngChunk[] = [];
	let at = SIGNATURE.length;
	while (chunks.at(-1)?.type !== "IEND") {
		if (chunks.length === MOST_CHUNKS) throw malformed(`at most ${MOST_CHUNKS} chunks`, "more");
		const length = at + BEFORE <= bytes.length ? view.getUint32(at) : Number.POSITIVE_INFINITY;
		const end = at + BEFORE + length;
		if (end + AFTER > bytes.length)
			throw malformed("a chunk or the end mark", `the end of the bytes at ${bytes.length}`);
		const type = latin1(bytes.subarray(at + 4, at + BEFORE));
		if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end))
			throw malformed(`a ${type} chunk`, "a wrong checksum");
		chunks.push({ type, data: bytes.subarray(at + BEFORE, end) });
		at = end + AFTER;
	}
	return chunks;
}

/** The file of these chunks. */
export function writeChunks(chunks: readonly PngChunk[]): Uint8Array {
	return joinBytes([SIGNATURE, ...chunks.map(frame)]);
}

function frame({ type, data }: PngChunk): Uint8Array {
	const bytes = new Uint8Array(BEFORE + data.length + AFTER);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, data.length);
	bytes.set(latin1Bytes(type), 4);
	bytes.set(data, BEFORE);
	view.setUint32(BEFORE + data.length, crc32(bytes.subarray(4, BEFORE + data.length)));
	return bytes;
}

/** A text chunk: tEXt where the text is Latin-1, as the format asks, iTXt (UTF-8, not compressed) where it is not. */
export function textChunk(keyword: string, text: string): PngChunk {
	if (/^[\n\x20-\x7e\xa0-\xff]*$/.test(text)) {
		return { type: "tEXt", data: latin1Bytes(`${keyword}\0${text}`) };
	}
	return unicodeChunk(keyword, text);
}

/** The same as iTXt, whatever the text is. */
export function unicodeChunk(keyword: string, text: string): PngChunk {
	// Compression flag and method, then an empty language tag and translated keyword.
	const head = latin1Bytes(`${keyword}\0\0\0\0\0`);
	return { type: "iTXt", data: joinBytes([head, new TextEncoder().encode(text)]) };
}

/** Whether the chunk is a text of this keyword, compressed or not. */
export function isText({ type, data }: PngChunk, keyword: string): boolean {
	if (type !== "tEXt" && type !== "zTXt" && type !== "iTXt") return false;
	return latin1(data.subarray(0, keyword.length + 1)) === `${keyword}\0`;
}

/** The text of the first tEXt or uncompressed iTXt chunk of this keyword. */
export function findText(chunks: readonly PngChunk[], keyword: string): string | undefined {
	for (const { type, data } of chunks) {
		const nameEnd = data.indexOf(0);
		if (latin1(data.subarray(0, Math.max(nameEnd, 0))) !== keyword) continue;
		if (type === "tEXt") return latin1(data.subarray(nameEnd + 1));
		if (type === "iTXt" && data[nameEnd + 1] === 0) {
			const languageEnd = data.indexOf(0, nameEnd + 3);
			return UTF8.decode(data.subarray(data.indexOf(0, languageEnd + 1) + 1));
		}
	}
	return undefined;
}

function malformed(expected: string, found: string): FileError {
	return new FileError({ what: "PNG file", expected, found });
}
