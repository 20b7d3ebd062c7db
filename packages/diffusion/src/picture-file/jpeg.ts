import { ArgumentError, FileError } from "@drum/tensor";
import { latin1, latin1Bytes } from "../latin1.ts";
import type { FileParts } from "./file-parts.ts";
import { joinBytes } from "./join-bytes.ts";

/** A stretch of a JPEG file before its pixels. */
interface Segment {
	/** The byte after 0xff. */
	readonly marker: number;
	readonly data: Uint8Array;
	/** Where the next one begins. */
	readonly end: number;
}

const [START, END, SCAN, APP0, APP1, APP11, COMMENT] = [0xd8, 0xd9, 0xda, 0xe0, 0xe1, 0xeb, 0xfe];
const XMP = "http://ns.adobe.com/xap/1.0/\0";
const EXIF = "Exif\0\0";
/** Bytes of a segment, without those that give its length. */
const MOST = 65_533;

/** @throws FileError where the bytes are not a whole JPEG file. */
export function readJpeg(bytes: Uint8Array): FileParts {
	let size: Pick<FileParts, "width" | "height"> | undefined;
	let [xmp, exif]: (Uint8Array | undefined)[] = [];
	let comment: Uint8Array | undefined;
	let manifest = false;
	let scan: number | undefined;
	for (const { marker, data, end } of segments(bytes)) {
		const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
		if (isFrame(marker) && data.length >= 5) size ??= { width: view.getUint16(3), height: view.getUint16(1) };
		if (marker === APP1) {
			xmp ??= after(XMP, data);
			exif ??= after(EXIF, data);
		}
		// JUMBF boxes: what C2PA writes into JPEG files.
		if (marker === APP11) manifest ||= latin1(data).includes("jumdc2pa");
		if (marker === COMMENT) comment ??= data;
		if (marker === SCAN) scan = end;
	}
	if (!size) throw malformed("its size before the pixels", "none");
	if (scan === undefined || !endsAfter(bytes, scan)) throw malformed("the end mark", "the end of the bytes");
	return { ...size, xmp, exif, manifest, texts: comment ? [["comment", latin1(comment)]] : [] };
}

/**
 * The same JPEG file with these after its first header.
 * @throws ArgumentError for what is longer than a segment can be.
 */
export function withJpegMetadata(
	jpeg: Uint8Array,
	{ xmp, exif }: { xmp?: Uint8Array | undefined; exif?: Uint8Array | undefined },
): Uint8Array {
	const [first] = segments(jpeg);
	const at = first?.marker === APP0 ? first.end : 2;
	const added = [exif && segment(EXIF, exif), xmp && segment(XMP, xmp)].filter((each) => each !== undefined);
	return joinBytes([jpeg.subarray(0, at), ...added, jpeg.subarray(at)]);
}

function segment(head: string, body: Uint8Array): Uint8Array {
	const length = head.length + body.length;
	if (length > MOST) {
		throw new ArgumentError({
			...{ what: "parameters of a JPEG file", expected: `at most ${MOST} bytes`, found: String(length) },
			next: 'Save the picture as PNG or WebP, or with parameters "shareable"',
		});
	}
	return joinBytes([Uint8Array.of(0xff, APP1, (length + 2) >> 8, (length + 2) & 255), latin1Bytes(head), body]);
}

/** The segments up to the pixels. */
function* segments(bytes: Uint8Array): Generator<Segment> {
	if (bytes[0] !== 0xff || bytes[1] !== START) throw malformed("the start mark", "other bytes");
	for (let at = 2; ; ) {
		if (bytes[at] !== 0xff) throw malformed("a segment", at < bytes.length ? "other bytes" : "the end of the bytes");
		// Any number of such bytes may stand before a marker.
		while (bytes[at] === 0xff) at++;
		const marker = bytes[at++];
		if (marker === undefined) throw malformed("a segment", "the end of the bytes");
		if (marker === END) return;
		const length = at + 2 <= bytes.length ? (bytes[at]! << 8) | bytes[at + 1]! : 0;
		const end = at + length;
		if (length < 2 || end > bytes.length) throw malformed("a whole segment", `${bytes.length - at} more bytes`);
		yield { marker, data: bytes.subarray(at + 2, end), end };
		if (marker === SCAN) return;
		at = end;
	}
}

/** Start of frame, of any kind; three of these numbers are something else. */
function isFrame(marker: number): boolean {
	return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function after(head: string, data: Uint8Array): Uint8Array | undefined {
	return latin1(data.subarray(0, head.length)) === head ? data.subarray(head.length) : undefined;
}

function endsAfter(bytes: Uint8Array, scan: number): boolean {
	for (let at = bytes.length - 2; at >= scan; at--) if (bytes[at] === 0xff && bytes[at + 1] === END) return true;
	return false;
}

function malformed(expected: string, found: string): FileError {
	return new FileError({ what: "JPEG file", expected, found });
}
