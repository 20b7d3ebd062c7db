import { crc32 } from "node:zlib";
import { FileError } from "@drum/tensor";

/** A part of a PNG file; of its framing only the type is kept. */
export interface PngChunk {
	/** Four letters, as "IHDR". */
	readonly type: string;
	readonly data: Uint8Array;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Length and type before the data, checksum after it. */
const [BEFORE, AFTER] = [8, 4];

/** @throws FileError where the bytes are not a whole PNG file, or a checksum is wrong. */
export function readChunks(bytes: Uint8Array): PngChunk[] {
	if (!SIGNATURE.every((byte, i) => bytes[i] === byte)) throw malformed("the PNG signature", "other bytes");
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const chunks: PngChunk[] = [];
	let at = SIGNATURE.length;
	while (chunks.at(-1)?.type !== "IEND") {
		const length = at + BEFORE <= bytes.length ? view.getUint32(at) : Number.POSITIVE_INFINITY;
		const end = at + BEFORE + length;
		if (end + AFTER > bytes.length)
			throw malformed("a chunk or the end mark", `the end of the bytes at ${bytes.length}`);
		const type = Buffer.from(bytes.subarray(at + 4, at + BEFORE)).toString("latin1");
		if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end))
			throw malformed(`a ${type} chunk`, "a wrong checksum");
		chunks.push({ type, data: bytes.subarray(at + BEFORE, end) });
		at = end + AFTER;
	}
	return chunks;
}

/** The file of these chunks. */
export function writeChunks(chunks: readonly PngChunk[]): Uint8Array {
	return Buffer.concat([SIGNATURE, ...chunks.map(frame)]);
}

function frame({ type, data }: PngChunk): Uint8Array {
	const bytes = Buffer.alloc(BEFORE + data.length + AFTER);
	bytes.writeUInt32BE(data.length);
	bytes.write(type, 4, "latin1");
	bytes.set(data, BEFORE);
	bytes.writeUInt32BE(crc32(bytes.subarray(4, BEFORE + data.length)), BEFORE + data.length);
	return bytes;
}

/** A text chunk: tEXt where the text is Latin-1, as the format asks, iTXt (UTF-8, not compressed) where it is not. */
export function textChunk(keyword: string, text: string): PngChunk {
	if (/^[\n\x20-\x7e\xa0-\xff]*$/.test(text)) {
		return { type: "tEXt", data: Buffer.from(`${keyword}\0${text}`, "latin1") };
	}
	// Compression flag and method, then an empty language tag and translated keyword.
	const head = Buffer.from(`${keyword}\0\0\0\0\0`, "latin1");
	return { type: "iTXt", data: Buffer.concat([head, Buffer.from(text, "utf8")]) };
}

/** Whether the chunk is a text of this keyword, compressed or not. */
export function isText({ type, data }: PngChunk, keyword: string): boolean {
	if (type !== "tEXt" && type !== "zTXt" && type !== "iTXt") return false;
	return Buffer.from(data).toString("latin1", 0, keyword.length + 1) === `${keyword}\0`;
}

/** The text of the first tEXt or uncompressed iTXt chunk of this keyword. */
export function findText(chunks: readonly PngChunk[], keyword: string): string | undefined {
	for (const { type, data } of chunks) {
		const bytes = Buffer.from(data);
		const nameEnd = bytes.indexOf(0);
		if (bytes.toString("latin1", 0, Math.max(nameEnd, 0)) !== keyword) continue;
		if (type === "tEXt") return bytes.toString("latin1", nameEnd + 1);
		if (type === "iTXt" && bytes[nameEnd + 1] === 0) {
			const languageEnd = bytes.indexOf(0, nameEnd + 3);
			return bytes.toString("utf8", bytes.indexOf(0, languageEnd + 1) + 1);
		}
	}
	return undefined;
}

function malformed(expected: string, found: string): FileError {
	return new FileError({ what: "PNG file", expected, found });
}
