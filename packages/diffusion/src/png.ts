import { ArgumentError } from "@drum/tensor";
import { notWritten, replaceFile } from "@drum/tensor/node";
import sharp from "sharp";
import type { Image } from "./image.ts";
import { findText, readChunks, textChunk, writeChunks } from "./png-chunks.ts";

/** Under this keyword other tools for generated pictures look too. */
const KEYWORD = "parameters";

/** How a picture was made: what a user needs to make it again. */
export type PngParameters = Readonly<Record<string, string>>;

/**
 * A PNG file of the picture. `parameters` go into it as JSON, in a text chunk named "parameters".
 * @throws ArgumentError where the picture's data does not fit its width and height.
 */
export async function encodePng(image: Image, parameters?: PngParameters): Promise<Uint8Array> {
	const { width, height, data } = image;
	if (!(width > 0 && height > 0) || data.length !== width * height * 3) {
		const found = `${data.length} for ${width} × ${height}`;
		throw new ArgumentError({ what: "image.data", expected: "width · height · 3 bytes", found });
	}
	const encoded = await sharp(data, { raw: { width, height, channels: 3 } })
		.png()
		.toBuffer();
	if (!parameters) return encoded;
	const [header, ...rest] = readChunks(encoded);
	return writeChunks([header!, textChunk(KEYWORD, JSON.stringify(parameters)), ...rest]);
}

/**
 * Writes the picture to `path`, in place of a file that is there; folders that are missing are made. The file is whole at every moment.
 * @throws FileError where it cannot be written.
 */
export async function savePng(path: string, image: Image, parameters?: PngParameters): Promise<void> {
	const bytes = await encodePng(image, parameters);
	try {
		await replaceFile(path, (file) => file.writeFile(bytes));
	} catch (cause) {
		throw notWritten(path, "a place to write a picture", cause);
	}
}

/**
 * The parameters that `encodePng` put into a file; undefined where there are none, or only another tool's text.
 * @throws FileError where the bytes are not a whole PNG file.
 */
export function readPngParameters(bytes: Uint8Array): PngParameters | undefined {
	const text = findText(readChunks(bytes), KEYWORD);
	if (text === undefined) return undefined;
	try {
		const value: unknown = JSON.parse(text);
		return isParameters(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

function isParameters(value: unknown): value is PngParameters {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
	return Object.values(value).every((entry) => typeof entry === "string");
}
