import type { ImageParameters } from "../image-parameters.ts";
import { openPicture } from "../picture-input.ts";
import { encodePicture } from "./encode-picture.ts";
import type { PictureFileOptions } from "./picture-options.ts";
import { readPictureMarks } from "./read-marks.ts";
import { SOURCE_TYPES } from "./source-type.ts";

/**
 * A generated picture's file as one of another format. It says as much of where it comes from: that a model drew it, or a part of it;
 * of a file that says nothing, that a model drew it.
 * @param parameters what the new file tells of how it was drawn; undefined for nothing
 * @throws ArgumentError where the format cannot hold the parameters; what `openPicture` throws.
 */
export async function convertPicture(
	file: Uint8Array,
	parameters: ImageParameters | undefined,
	options: Omit<PictureFileOptions, "parameters" | "sourceType">,
): Promise<Uint8Array> {
	const { width, height, data } = await openPicture(file, "picture");
	const told = await readPictureMarks(file);
	const sourceType = SOURCE_TYPES.find((type) => type === told.sourceType);
	return encodePicture({ width, height, data, sourceType }, parameters, { ...options, parameters: "full" });
}
