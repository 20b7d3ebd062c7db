import { FileError } from "@drum/tensor";
import { latin1, latin1Bytes } from "../latin1.ts";
import { type FileParts, MOST_CHUNKS } from "./file-parts.ts";
import { joinBytes } from "./join-bytes.ts";

interface Chunk {
	/** Four letters, as "VP8 ". */
	readonly type: string;
	readonly data: Uint8Array;
}

/** Before the chunks "RIFF", a length and "WEBP"; before a chunk's data its type and length. */
const [HEADER, BEFORE] = [12, 8];
/** What VP8X says there is. */
const [HAS_XMP, HAS_EXIF, HAS_ALPHA] = [0x04, 0x08, 0x10];

/** @throws FileError where the bytes are not a whole WebP file. */
export function readWebp(bytes: Uint8Array): FileParts {
	const chunks = readChunks(bytes);
	const find = (type: string) => chunks.find((chunk) => chunk.type === type)?.data;
	return {
		...sizeOf(chunks),
		xmp: find("XMP "),
		exif: withoutHead(find("EXIF")),
		manifest: find("C2PA") !== undefined,
		texts: [],
	};
}

/** The same WebP file with these after the pixels. */
export function withWebpMetadata(
	webp: Uint8Array,
	{ xmp, exif }: { xmp?: Uint8Array | undefined; exif?: Uint8Array | undefined },
): Uint8Array {
	const chunks = readChunks(webp);
	const pixels = chunks.filter(({ type }) => !["VP8X", "EXIF", "XMP "].includes(type));
	const { width, height } = sizeOf(chunks);
	const known = chunks.find(({ type }) => type === "VP8X")?.data[0] ?? (hasAlpha(chunks) ? HAS_ALPHA : 0);
	const flags = (known & ~(HAS_XMP | HAS_EXIF)) | (xmp ? HAS_XMP : 0) | (exif ? HAS_EXIF : 0);
	const head = new Uint8Array(10);
	const view = new DataView(head.buffer);
	view.setUint32(0, flags, true);
	// Three bytes each: the second number's low byte comes over the first one's high one, which is 0.
	view.setUint32(4, width - 1, true);
	view.setUint16(7, (height - 1) & 0xffff, true);
	head[9] = (height - 1) >> 16;
	const all: Chunk[] = [
		{ type: "VP8X", data: head },
		...pixels,
		...(exif ? [{ type: "EXIF", data: exif }] : []),
		...(xmp ? [{ type: "XMP ", data: xmp }] : []),
	];
	const body = joinBytes([latin1Bytes("WEBP"), ...all.map(frame)]);
	return joinBytes([latin1Bytes("RIFF"), uint32(body.length), body]);
}

function readChunks(bytes: Uint8Array): Chunk[] {
	const isWebp = latin1(bytes.subarray(0, 4)) === "RIFF" && latin1(bytes.subarray(8, HEADER)) === "WEBP";
	if (!isWebp) throw malformed("the WebP signature", "other bytes");
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const length = view.getUint32(4, true) + 8;
	if (length > bytes.length) throw malformed(`${length} bytes`, String(bytes.length));
	const chunks: Chunk[] = [];
	for (let at = HEADER; at + BEFORE <= length; ) {
		if (chunks.length === MOST_CHUNKS) throw malformed(`at most ${MOST_CHUNKS} chunks`, "more");
		const from = at + BEFORE;
		const end = from + view.getUint32(at + 4, true);
		if (end > length) throw malformed("a whole chunk", `${length - from} more bytes`);
		chunks.push({ type: latin1(bytes.subarray(at, at + 4)), data: bytes.subarray(from, end) });
		// Each begins at an even place.
		at = end + (end & 1);
	}
	return chunks;
}

function sizeOf(chunks: readonly Chunk[]): { width: number; height: number } {
	for (const { type, data } of chunks) {
		const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
		const uint24 = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
		if (type === "VP8X" && data.length >= 10) return { width: uint24(4) + 1, height: uint24(7) + 1 };
		if (type === "VP8 " && data.length >= 10)
			return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff };
		if (type === "VP8L" && data.length >= 5) {
			const bits = view.getUint32(1, true);
			return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
		}
	}
	throw malformed("pixels", "none");
}

function hasAlpha(chunks: readonly Chunk[]): boolean {
	const lossless = chunks.find(({ type }) => type === "VP8L")?.data;
	return lossless !== undefined && ((lossless[4] ?? 0) & 0x10) !== 0;
}

/** Some programs put JPEG's head before it here too. */
function withoutHead(exif: Uint8Array | undefined): Uint8Array | undefined {
	return exif && latin1(exif.subarray(0, 6)) === "Exif\0\0" ? exif.subarray(6) : exif;
}

function frame({ type, data }: Chunk): Uint8Array {
	return joinBytes([latin1Bytes(type), uint32(data.length), data, new Uint8Array(data.length & 1)]);
}

function uint32(value: number): Uint8Array {
	const bytes = new Uint8Array(4);
	new DataView(bytes.buffer).setUint32(0, value, true);
	return bytes;
}

function malformed(expected: string, found: string): FileError {
	return new FileError({ what: "WebP file", expected, found });
}
