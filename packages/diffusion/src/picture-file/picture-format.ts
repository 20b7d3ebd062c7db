import { ArgumentError, shown } from "@drum/tensor";
import { latin1 } from "../latin1.ts";

/** What pictures are written as. */
export type PictureFormat = "png" | "jpeg" | "webp";
export const PICTURE_FORMATS: readonly PictureFormat[] = ["png", "jpeg", "webp"];

const BEGINNINGS: Readonly<Record<PictureFormat, RegExp>> = {
	png: /^\x89PNG\r\n/,
	jpeg: /^\xff\xd8\xff/,
	webp: /^RIFF....WEBP/s,
};
const EXTENSIONS: Readonly<Record<string, PictureFormat>> = { png: "png", jpg: "jpeg", jpeg: "jpeg", webp: "webp" };
/** Of pictures that are not written. */
const OTHERS = /\.(gif|tiff?|bmp|avif|hei[cf]|jxl|jp2|svg)$/i;

/** What the bytes begin as; undefined for another kind of file. */
export function formatOf(bytes: Uint8Array): PictureFormat | undefined {
	const start = latin1(bytes.subarray(0, 16));
	return PICTURE_FORMATS.find((format) => BEGINNINGS[format].test(start));
}

/**
 * What a file of this name is: by its extension PNG, JPEG (`.jpg`, `.jpeg`) or WebP; PNG where it has none, or one of no picture.
 * @throws ArgumentError for the extension of another kind of picture.
 */
export function formatByName(path: string): PictureFormat {
	const other = OTHERS.exec(path)?.[0];
	if (other !== undefined) {
		throw new ArgumentError({ what: path, expected: "a name that ends in .png, .jpg, .jpeg or .webp", found: other });
	}
	return EXTENSIONS[/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? ""] ?? "png";
}

/** The extension of a file of this format, with its dot. */
export function extensionOf(format: PictureFormat): string {
	return format === "jpeg" ? ".jpg" : `.${format}`;
}

/** As `Content-Type` says it. */
export function mediaTypeOf(format: PictureFormat): `image/${PictureFormat}` {
	return `image/${format}`;
}

/** @throws ArgumentError */
export function checkFormat(format: unknown): PictureFormat {
	if (PICTURE_FORMATS.includes(format as PictureFormat)) return format as PictureFormat;
	throw new ArgumentError({
		...{ what: "format", expected: `one of ${PICTURE_FORMATS.join(", ")}`, found: shown(format) },
	});
}
