import { type ImageParameters, parametersOfText } from "./image-parameters.ts";
import { encodePicture, PARAMETERS, type SourcedImage, XMP_KEYWORD } from "./picture-file/encode-picture.ts";
import { checkOptions, OPTION_NAMES, type PngOptions } from "./picture-file/picture-options.ts";
import { savePicture } from "./picture-file/save-picture.ts";
import type { DigitalSourceType } from "./picture-file/source-type.ts";
import { xmpOf } from "./picture-file/xmp.ts";
import { findText, isText, type PngChunk, readChunks, textChunk, unicodeChunk, writeChunks } from "./png-chunks.ts";

/**
 * A PNG file of the picture. `parameters` go into it as JSON, in a text chunk named "parameters"; `options` say how much of them, by
 * default what can be shared: without the user's earlier prompts and without paths. XMP says that an AI model drew it.
 * @throws ArgumentError where the picture's data does not fit its width and height, or for options that it does not take; what a mark
 * throws, or the signal's reason.
 */
export async function encodePng(
	image: SourcedImage,
	parameters?: ImageParameters,
	options: PngOptions = {},
): Promise<Uint8Array> {
	checkOptions("encodePng", options, OPTION_NAMES.png);
	return encodePicture(image, parameters, options);
}

/**
 * The same PNG file with these parameters in place of those that it has; with `undefined`, without any. With a `sourceType`, a file
 * that says nothing of where it comes from says that.
 * @throws FileError where the bytes are not a whole PNG file.
 */
export function replacePngParameters(
	png: Uint8Array,
	parameters: ImageParameters | undefined,
	sourceType?: DigitalSourceType,
): Uint8Array {
	const chunks = readChunks(png);
	const [header, ...rest] = chunks.filter((chunk) => !isText(chunk, PARAMETERS));
	const told: PngChunk[] = [];
	if (parameters) told.push(textChunk(PARAMETERS, JSON.stringify(parameters)));
	if (sourceType && !chunks.some((chunk) => isText(chunk, XMP_KEYWORD)))
		told.push(unicodeChunk(XMP_KEYWORD, xmpOf(sourceType)));
	return writeChunks([header!, ...told, ...rest]);
}

/**
 * Writes the picture to `path` as PNG, in place of a file that is there; folders that are missing are made. The file is whole at every
 * moment. `parameters` and `options` as `encodePng` takes them.
 * @throws what `encodePng` throws; FileError where it cannot be written.
 */
export async function savePng(
	path: string,
	image: SourcedImage,
	parameters?: ImageParameters,
	options: PngOptions = {},
): Promise<void> {
	checkOptions("savePng", options, OPTION_NAMES.png);
	return savePicture(path, image, parameters, { ...options, format: "png" });
}

/**
 * The parameters that `encodePng` put into a file, numbers as numbers, also those of an older file, where they are texts; undefined
 * where there are none, or only another tool's text.
 * @throws FileError where the bytes are not a whole PNG file.
 */
export function readPngParameters(bytes: Uint8Array): ImageParameters | undefined {
	return parametersOfText(findText(readChunks(bytes), PARAMETERS));
}
