import type { ImageParameters, OtherSettings } from "@drum/pipeline";
import { FileError } from "@drum/tensor";
import { readMarks } from "../verify/read-marks.ts";

export interface PictureReport {
	kind: "picture";
	name: string;
	width: number;
	height: number;
	/** How it was drawn, of a picture of this project. */
	parameters?: ImageParameters;
	/** The same of another program's. */
	settings?: OtherSettings;
}

/**
 * What a picture tells of how it was drawn.
 * @throws FileError for what is no whole PNG, JPEG or WebP file, and for a picture that tells nothing
 */
export async function inspectPicture(path: string): Promise<PictureReport> {
	const { width, height, parameters, settings } = await readMarks(path);
	if (!parameters && !settings) {
		throw new FileError({
			...{ what: path, expected: "a picture whose file says how it was drawn", found: "one whose file does not" },
			next: "Files of drum and its libraries do, unless they were saved without parameters or changed by another program",
		});
	}
	return { kind: "picture", name: path, width, height, ...(parameters ? { parameters } : { settings: settings! }) };
}
