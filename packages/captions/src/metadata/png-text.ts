/** A PNG file's size and texts, read in the browser. */
export interface PngText {
	width: number;
	height: number;
	/**
	 * The first tEXt, zTXt or iTXt of a keyword; others are not looked at, whatever is in them.
	 * @throws PngError where it is damaged, or too long
	 */
	text: (keyword: string) => Promise<string | undefined>;
}

/** A file that is not a whole PNG picture. */
export class PngError extends Error {}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Length and type before a chunk's data, checksum after it. */
const [BEFORE, AFTER] = [8, 4];
/** No honest description of a picture is longer; a compressed text could be. */
const MOST_TEXT = 4_000_000;

/** @throws PngError where the bytes are no PNG file, or end too early. */
export function readPngText(bytes: Uint8Array): PngText {
	if (!SIGNATURE.every((byte, i) => bytes[i] === byte)) throw new PngError("This file is not a PNG picture.");
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const texts = new Map<string, () => Promise<string>>();
	let size: { width: number; height: number } | undefined;
	for (let at = SIGNATURE.length; ; ) {
		const length = at + BEFORE <= bytes.length ? view.getUint32(at) : Number.POSITIVE_INFINITY;
		const end = at + BEFORE + length;
		if (end + AFTER > bytes.length) throw new PngError("This picture's file is cut off or damaged.");
		const type = latin1(bytes.subarray(at + 4, at + BEFORE));
		const data = bytes.subarray(at + BEFORE, end);
		if (type === "IHDR" && length >= 8) size = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
		const found = textOf(type, data);
		if (found && !texts.has(found.keyword)) texts.set(found.keyword, found.text);
		if (type === "IEND") break;
		at = end + AFTER;
	}
	if (!size) throw new PngError("This picture's file is cut off or damaged.");
	return { ...size, text: async (keyword) => texts.get(keyword)?.() };
}

function textOf(type: string, data: Uint8Array): { keyword: string; text: () => Promise<string> } | undefined {
	if (type !== "tEXt" && type !== "zTXt" && type !== "iTXt") return undefined;
	const [keyword, rest] = cut(data);
	return { keyword: latin1(keyword), text: () => unpacked(type, rest) };
}

async function unpacked(type: "tEXt" | "zTXt" | "iTXt", rest: Uint8Array): Promise<string> {
	if (type === "tEXt") return latin1(rest);
	// zTXt: the compression method, then the text.
	if (type === "zTXt") return latin1(await inflate(rest.subarray(1)));
	// iTXt: compression flag and method, language tag, translated keyword, then the text in UTF-8.
	const [, afterLanguage] = cut(rest.subarray(2));
	const [, text] = cut(afterLanguage);
	return new TextDecoder().decode(rest[0] === 1 ? await inflate(text) : text);
}

/** What stands before the first zero byte, and what after. */
function cut(bytes: Uint8Array): [Uint8Array, Uint8Array] {
	const end = bytes.indexOf(0);
	return end < 0 ? [bytes, new Uint8Array()] : [bytes.subarray(0, end), bytes.subarray(end + 1)];
}

/** As PNG means it: byte by byte. TextDecoder's "latin1" is Windows-1252. */
function latin1(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += String.fromCharCode(byte);
	return text;
}

async function inflate(bytes: Uint8Array): Promise<Uint8Array> {
	const chunks: Uint8Array<ArrayBuffer>[] = [];
	let length = 0;
	try {
		const stream = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream("deflate"));
		for (const reader = stream.getReader(); ; ) {
			const { done, value } = await reader.read();
			if (done) break;
			chunks.push(value);
			length += value.length;
			if (length > MOST_TEXT) {
				await reader.cancel();
				break;
			}
		}
	} catch {
		throw new PngError("A text in this picture's file is damaged.");
	}
	if (length > MOST_TEXT) throw new PngError("A text in this picture's file is too long to be its settings.");
	return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
