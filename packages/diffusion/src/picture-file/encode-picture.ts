import { ArgumentError } from "@drum/tensor";
import type { Image } from "../image.ts";
import { type ImageParameters, parametersIn } from "../image-parameters.ts";
import { type PngChunk, textChunk, unicodeChunk, writeChunks } from "../png-chunks.ts";
import { pixelChunks } from "../png-pixels.ts";
import { encodePixels } from "./encode-pixels.ts";
import { exifComment } from "./exif.ts";
import { withJpegMetadata } from "./jpeg.ts";
import { type MarkDetails, markFile, markPixels } from "./mark.ts";
import { mediaTypeOf } from "./picture-format.ts";
import { checkOptions, checkSide, OPTION_NAMES, type PictureFileOptions } from "./picture-options.ts";
import type { DigitalSourceType } from "./source-type.ts";
import { withWebpMetadata } from "./webp.ts";
import { xmpOf } from "./xmp.ts";

/** Under this keyword of a PNG file other tools for generated pictures look too. */
export const PARAMETERS = "parameters";
/** And under this one every program that reads XMP. */
export const XMP_KEYWORD = "XML:com.adobe.xmp";

/** A picture, and what IPTC calls it where that is not all drawn by a model. */
export interface SourcedImage extends Image {
	readonly sourceType?: DigitalSourceType | undefined;
}

/**
 * A PNG, JPEG or WebP file of the picture. `parameters` go into it as JSON: in PNG's text chunk "parameters", in EXIF's UserComment of
 * the others; and in XMP IPTC's digital source type, which says that an AI model drew it.
 * @throws ArgumentError where the picture's data does not fit its width and height, or the format cannot hold it, and for options that
 * it does not take; DeviceError in a browser that does not write the format; what a mark throws, or the signal's reason.
 */
export async function encodePicture(
	image: SourcedImage,
	parameters?: ImageParameters,
	options: PictureFileOptions = {},
): Promise<Uint8Array> {
	const { format, quality, marks } = checkOptions("encodePicture", options, OPTION_NAMES.all);
	const { signal, sourceType = image.sourceType ?? "trainedAlgorithmicMedia" } = options;
	const { width, height } = checkImage(image);
	checkSide(format, width, height);
	const details: MarkDetails = {
		...{ format, mediaType: mediaTypeOf(format), width, height, signal },
		parameters: parametersIn(options.parameters ?? "shareable", parameters),
		sourceType: sourceType === "none" ? undefined : sourceType,
	};
	const marked = await markPixels(image, marks, details);
	const file = format === "png" ? await toPng(marked, details) : await toLossy(marked, format, quality, details);
	signal?.throwIfAborted();
	return markFile(file, marks, details);
}

async function toPng(image: Image, { parameters, sourceType }: MarkDetails): Promise<Uint8Array> {
	const [header, ...rest] = await pixelChunks(image);
	const told: PngChunk[] = [];
	if (parameters) told.push(textChunk(PARAMETERS, JSON.stringify(parameters)));
	if (sourceType) told.push(unicodeChunk(XMP_KEYWORD, xmpOf(sourceType)));
	return writeChunks([header!, ...told, ...rest]);
}

async function toLossy(
	image: Image,
	format: "jpeg" | "webp",
	quality: number,
	{ parameters, sourceType }: MarkDetails,
): Promise<Uint8Array> {
	const metadata = {
		xmp: sourceType && new TextEncoder().encode(xmpOf(sourceType)),
		exif: parameters && exifComment(JSON.stringify(parameters)),
	};
	const file = await encodePixels(image, format, quality);
	if (!metadata.xmp && !metadata.exif) return file;
	return format === "jpeg" ? withJpegMetadata(file, metadata) : withWebpMetadata(file, metadata);
}

function checkImage(image: Image): Image {
	const { width, height, data } = image;
	if (width > 0 && height > 0 && data.length === width * height * 3) return image;
	const found = `${data.length} for ${width} × ${height}`;
	throw new ArgumentError({ what: "image.data", expected: "width · height · 3 bytes", found });
}
