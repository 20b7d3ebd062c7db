import type { ImageParameters } from "@drum/pipeline";
import { DrumError, FileError } from "@drum/tensor";
import { readWholeFile } from "@drum/tensor/node";

export interface PictureReport {
	kind: "picture";
	name: string;
	width: number;
	height: number;
	/** How it was drawn, as `readPngParameters` gives it. */
	parameters: ImageParameters;
}

/**
 * What a picture of DrUM tells of how it was drawn.
 * @throws FileError for what is no PNG file, and for a picture that tells nothing
 */
export async function inspectPicture(path: string): Promise<PictureReport> {
	const { readPngParameters } = await import("@drum/pipeline");
	const bytes = await readWholeFile(path, { what: path });
	let parameters: ImageParameters | undefined;
	try {
		parameters = readPngParameters(bytes);
	} catch (cause) {
		if (!DrumError.is(cause)) throw cause;
		const { expected = "a whole PNG file", found = "another" } = cause;
		throw new FileError({ what: path, expected, found, cause });
	}
	if (!parameters) {
		throw new FileError({
			...{ what: path, expected: "a picture that tells how it was drawn", found: "one that does not" },
			next: "Pictures of drum and of its libraries do, unless they were saved without parameters or changed by another program",
		});
	}
	// A PNG file begins with its signature and the header's frame, then the two sides.
	const view = new DataView(bytes.buffer, bytes.byteOffset);
	return { kind: "picture", name: path, width: view.getUint32(16), height: view.getUint32(20), parameters };
}
