import { ArgumentError, parseJson, writeFile } from "@drum/tensor";
import type { Image } from "./image.ts";
import { type ImageParameters, type ParametersForm, parametersIn, readParameters } from "./image-parameters.ts";
import { findText, isText, type PngChunk, readChunks, textChunk, writeChunks } from "./png-chunks.ts";
import { pixelChunks } from "./png-pixels.ts";

/** Under this keyword other tools for generated pictures look too. */
const KEYWORD = "parameters";

/**
 * A PNG file of the picture. `parameters` go into it as JSON, in a text chunk named "parameters"; `form` says how much of them, by
 * default what can be shared: without the user's earlier prompts and without paths.
 * @throws ArgumentError where the picture's data does not fit its width and height, or for another form.
 */
export async function encodePng(
	image: Image,
	parameters?: ImageParameters,
	form: ParametersForm = "shareable",
): Promise<Uint8Array> {
	const told = parametersIn(form, parameters);
	const { width, height, data } = image;
	if (!(width > 0 && height > 0) || data.length !== width * height * 3) {
		const found = `${data.length} for ${width} × ${height}`;
		throw new ArgumentError({ what: "image.data", expected: "width · height · 3 bytes", found });
	}
	return writeChunks(withParameters(await pixelChunks(image), told));
}

/**
 * The same PNG file with these parameters in place of those that it has; with `undefined`, without any.
 * @throws FileError where the bytes are not a whole PNG file.
 */
export function replacePngParameters(png: Uint8Array, parameters: ImageParameters | undefined): Uint8Array {
	const others = readChunks(png).filter((chunk) => !isText(chunk, KEYWORD));
	return writeChunks(withParameters(others, parameters));
}

function withParameters([header, ...rest]: PngChunk[], parameters: ImageParameters | undefined): PngChunk[] {
	if (!parameters) return [header!, ...rest];
	return [header!, textChunk(KEYWORD, JSON.stringify(parameters)), ...rest];
}

/**
 * Writes the picture to `path`, in place of a file that is there; folders that are missing are made. The file is whole at every moment.
 * `parameters` and `form` as `encodePng` takes them.
 * @throws ArgumentError as `encodePng`; FileError where it cannot be written.
 */
export async function savePng(
	path: string,
	image: Image,
	parameters?: ImageParameters,
	form: ParametersForm = "shareable",
): Promise<void> {
	const bytes = await encodePng(image, parameters, form);
	await writeFile(path, [bytes], { expected: "a place to write a picture" });
}

/**
 * The parameters that `encodePng` put into a file, numbers as numbers, also those of an older file, where they are texts; undefined
 * where there are none, or only another tool's text.
 * @throws FileError where the bytes are not a whole PNG file.
 */
export function readPngParameters(bytes: Uint8Array): ImageParameters | undefined {
	const text = findText(readChunks(bytes), KEYWORD);
	if (text === undefined) return undefined;
	try {
		return readParameters(parseJson(text));
	} catch {
		return undefined;
	}
}
