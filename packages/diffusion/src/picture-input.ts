import { ArgumentError, openBytes, readWhole, shown } from "@drum/tensor";
import { decodePixels, readHeader } from "./decode-picture.ts";
import { OpenedPicture } from "./opened-picture.ts";
import { beginsAsPicture } from "./picture-signature.ts";
import type { RawPicture } from "./raw-picture.ts";

/** A picture to begin from: a file's path, its bytes (PNG, JPEG, WebP, AVIF, GIF, TIFF), or pixels. */
export type PictureInput = string | Uint8Array | RawPicture;

/** Pixels that a picture may have: those of a square of 10,000. */
export const MOST_PIXELS = 100_000_000;
/** Bytes that a picture's file may have. */
export const MOST_PICTURE_BYTES = 256_000_000;
/** What is read of the formats that sharp knows. */
const FORMATS = ["jpeg", "png", "webp", "heif", "gif", "tiff"];

/**
 * Reads a picture: upright as its EXIF orientation has it, in sRGB, 8 bits a channel, the first one of an animation. What shines through
 * is `behind`, a grey from 0, black, to 255, white.
 * @param what names it in messages
 * @throws ArgumentError for what is no picture, or larger than 100 million pixels; FileError for a path that cannot be read.
 */
export async function openPicture(input: PictureInput, what: string, behind = 255): Promise<OpenedPicture> {
	if (input instanceof OpenedPicture) return input;
	if (typeof input === "string") return decode(await readPictureFile(input, what), what, behind);
	if (input instanceof Uint8Array) return decode(input, what, behind);
	return toRGB(checkRaw(input, what), behind);
}

/**
 * The size of a picture's file, upright, by its header alone.
 * @param what names it in messages
 * @throws ArgumentError for what `openPicture` refuses by its header.
 */
export async function pictureSize(bytes: Uint8Array, what: string): Promise<{ width: number; height: number }> {
	try {
		return (await header(bytes, what)).size;
	} catch (cause) {
		throw refusalOf(cause, what);
	}
}

/**
 * The bytes of a picture's file, of at most 256 MB. Addresses are no paths: nothing is fetched.
 * @param what names it in messages
 * @throws ArgumentError for an address or an empty path; FileError where it cannot be read.
 */
export async function readPictureFile(path: string, what: string): Promise<Uint8Array> {
	const found = path === "" ? "an empty path" : /^(data|blob|https?):/i.exec(path)?.[0];
	if (found === undefined) return readWhole(await openBytes(path), MOST_PICTURE_BYTES);
	const next = path !== "" && { next: "Of what is elsewhere give the bytes, as a Uint8Array" };
	throw new ArgumentError({ what, expected: "a path of a file", found, ...next });
}

async function header(bytes: Uint8Array, what: string) {
	if (bytes.length === 0) throw notAPicture(what, "no bytes");
	if (!beginsAsPicture(bytes)) throw notAPicture(what, "a file of another kind");
	// The header alone is read of one that has too many pixels, which says how many.
	const { format, width, height, upright } = await readHeader(bytes);
	if (!FORMATS.includes(format)) throw notAPicture(what, format);
	if (width * height > MOST_PIXELS) throw tooLarge(what, `${width} × ${height}`);
	return { size: upright };
}

async function decode(bytes: Uint8Array, what: string, behind: number): Promise<OpenedPicture> {
	try {
		await header(bytes, what);
		return toRGB(await decodePixels(bytes, MOST_PIXELS), behind);
	} catch (cause) {
		throw refusalOf(cause, what);
	}
}

function refusalOf(cause: unknown, what: string): ArgumentError {
	if (cause instanceof ArgumentError) return cause;
	const message = (cause as Error).message.split("\n")[0]!;
	if (/pixel limit/.test(message)) return tooLarge(what, "more");
	return notAPicture(what, `a damaged one (${message})`, cause);
}

function notAPicture(what: string, found: string, cause?: unknown): ArgumentError {
	return new ArgumentError({ what, expected: "a whole PNG, JPEG, WebP, AVIF, GIF or TIFF picture", found, cause });
}

function tooLarge(what: string, found: string): ArgumentError {
	return new ArgumentError({ what, expected: `at most ${MOST_PIXELS / 1e6} million pixels`, found });
}

function checkRaw(input: RawPicture, what: string): RawPicture {
	const { width, height, data, channels } = (input ?? {}) as Partial<RawPicture>;
	const isExtent = (extent: unknown) => Number.isSafeInteger(extent) && (extent as number) > 0;
	const bytes = ArrayBuffer.isView(data) && data.BYTES_PER_ELEMENT === 1 ? data.length : 0;
	const own = isExtent(width) && isExtent(height) ? bytes / (width! * height!) : 0;
	if (![1, 2, 3, 4].includes(own) || (channels !== undefined && channels !== own)) {
		throw new ArgumentError({
			what,
			expected: "a path, a file's bytes, or { width, height, data } with 1 to 4 bytes a pixel",
			found: data === undefined ? shown(input) : `${shown(width)} × ${shown(height)} with ${bytes} bytes`,
		});
	}
	if (width! * height! > MOST_PIXELS) throw tooLarge(what, `${width} × ${height}`);
	return input;
}

function toRGB({ width, height, data }: RawPicture, behind: number): OpenedPicture {
	const pixels = width * height;
	const channels = data.length / pixels;
	if (channels === 3) return new OpenedPicture({ width, height, data: bytesOf(data) }, false);
	const [colours, alpha] = channels > 2 ? [3, channels === 4] : [1, channels === 2];
	const rgb = new Uint8Array(pixels * 3);
	let transparent = false;
	for (let pixel = 0; pixel < pixels; pixel++) {
		const at = pixel * channels;
		const opacity = alpha ? data[at + colours]! : 255;
		transparent ||= opacity < 255;
		for (let channel = 0; channel < 3; channel++) {
			const colour = data[at + (colours === 3 ? channel : 0)]!;
			rgb[pixel * 3 + channel] = Math.floor((colour * opacity + behind * (255 - opacity)) / 255 + 0.5);
		}
	}
	return new OpenedPicture({ width, height, data: rgb }, transparent);
}

function bytesOf(data: Uint8Array | Uint8ClampedArray): Uint8Array {
	return data.constructor === Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
