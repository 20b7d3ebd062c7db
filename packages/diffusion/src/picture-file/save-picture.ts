import { writeFile } from "@drum/tensor";
import type { ImageParameters } from "../image-parameters.ts";
import { encodePicture, type SourcedImage } from "./encode-picture.ts";
import { formatByName } from "./picture-format.ts";
import { checkOptions, OPTION_NAMES, type PictureFileOptions } from "./picture-options.ts";

/**
 * Writes the picture to `path`, in place of a file that is there; folders that are missing are made, and the file is whole at every
 * moment. The format is that of the path's extension, unless `format` says another.
 * @throws what `encodePicture` throws; ArgumentError for the extension of another kind of picture; FileError where it cannot be written.
 */
export async function savePicture(
	path: string,
	image: SourcedImage,
	parameters?: ImageParameters,
	options: PictureFileOptions = {},
): Promise<void> {
	const given = { ...options, format: options.format ?? formatByName(path) };
	checkOptions("savePicture", given, OPTION_NAMES.all);
	const bytes = await encodePicture(image, parameters, given);
	await writeFile(path, [bytes], { expected: "a place to write a picture" });
}
