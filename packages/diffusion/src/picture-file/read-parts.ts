import { FileError } from "@drum/tensor";
import { latin1 } from "../latin1.ts";
import { beginsAsPicture } from "../picture-signature.ts";
import { type PngChunk, readChunks } from "../png-chunks.ts";
import { PARAMETERS, XMP_KEYWORD } from "./encode-picture.ts";
import { readExifComment } from "./exif.ts";
import type { FileParts } from "./file-parts.ts";
import { inflateText, MOST_TEXT } from "./inflate.ts";
import { readJpeg } from "./jpeg.ts";
import { formatOf } from "./picture-format.ts";
import { readOtherPicture } from "./read-other-picture.ts";
import { readWebp } from "./webp.ts";

/** What a picture's file says, whatever its format. */
export interface PictureTexts {
	/** "png", "jpeg", "webp", or a decoder's name for others: "heif" for AVIF, "tiff", "gif". */
	readonly format: string;
	readonly width: number;
	readonly height: number;
	/** Whether it has a C2PA manifest; undefined of other formats than PNG, JPEG and WebP. */
	readonly manifest?: boolean | undefined;
	/** An XMP packet. @throws FileError where it is damaged, or longer than 4 MB. */
	xmp(): Promise<string | undefined>;
	/**
	 * A text by its keyword, as PNG has them; "parameters" is EXIF's UserComment in other formats.
	 * @throws FileError where it is damaged, or longer than 4 MB.
	 */
	text(keyword: string): Promise<string | undefined>;
}

/**
 * What a picture's file says beside its pixels. Texts are unpacked when they are asked for, and none of more than 4 MB.
 * @throws FileError for what is no picture, or not a whole one.
 */
export async function readPictureTexts(bytes: Uint8Array): Promise<PictureTexts> {
	const format = formatOf(bytes);
	if (format === "png") return { format, ...readPng(bytes) };
	if (format === "jpeg") return { format, ...textsOf(readJpeg(bytes)) };
	if (format === "webp") return { format, ...textsOf(readWebp(bytes)) };
	if (!beginsAsPicture(bytes)) {
		const found = bytes.length === 0 ? "no bytes" : "a file of another kind";
		throw new FileError({ what: "picture", expected: "a PNG, JPEG, WebP, AVIF, GIF or TIFF file", found });
	}
	const { format: other, ...parts } = await readOtherPicture(bytes);
	return { format: other, ...textsOf(parts) };
}

function textsOf({ width, height, xmp, exif, manifest, texts }: FileParts): Omit<PictureTexts, "format"> {
	const known = new Map(texts);
	return {
		...{ width, height, manifest },
		xmp: async () => xmp && utf8(xmp, "XMP"),
		text: async (keyword) =>
			(keyword === PARAMETERS && exif && readExifComment(within(exif, "EXIF data"))) || known.get(keyword),
	};
}

function readPng(bytes: Uint8Array): Omit<PictureTexts, "format"> {
	const chunks = readChunks(bytes);
	const header = chunks[0];
	if (header?.type !== "IHDR" || header.data.length < 8)
		throw new FileError({ what: "PNG file", expected: "a header first", found: "none" });
	const view = new DataView(header.data.buffer, header.data.byteOffset);
	const text = async (keyword: string) => {
		const chunk = chunks.find((each) => isText(each, keyword));
		return chunk && unpacked(chunk, keyword);
	};
	const manifest = chunks.some(({ type }) => type === "caBX");
	return { width: view.getUint32(0), height: view.getUint32(4), manifest, xmp: () => text(XMP_KEYWORD), text };
}

function isText({ type, data }: PngChunk, keyword: string): boolean {
	if (type !== "tEXt" && type !== "zTXt" && type !== "iTXt") return false;
	return latin1(data.subarray(0, keyword.length + 1)) === `${keyword}\0`;
}

async function unpacked({ type, data }: PngChunk, keyword: string): Promise<string> {
	const rest = data.subarray(keyword.length + 1);
	const what = `text ${keyword}`;
	if (type === "tEXt") return latin1(within(rest, what));
	// zTXt: the compression method, then the text.
	if (type === "zTXt") return latin1(await inflateText(rest.subarray(1), what));
	// iTXt: compression flag and method, language tag, translated keyword, then the text in UTF-8.
	const language = rest.indexOf(0, 2);
	const text = rest.subarray(rest.indexOf(0, language + 1) + 1);
	return utf8(rest[0] === 1 ? await inflateText(text, what) : text, what);
}

function utf8(bytes: Uint8Array, what: string): string {
	return new TextDecoder().decode(within(bytes, what));
}

function within(bytes: Uint8Array, what: string): Uint8Array {
	if (bytes.length <= MOST_TEXT) return bytes;
	throw new FileError({ what, expected: `at most ${MOST_TEXT} bytes of text`, found: String(bytes.length) });
}
