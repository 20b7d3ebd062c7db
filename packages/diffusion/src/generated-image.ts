import type { Image } from "./image.ts";
import { encodePng, type PngParameters, savePng } from "./png.ts";

/** A picture that knows how it was made. */
export class GeneratedImage implements Image {
	readonly width: number;
	readonly height: number;
	readonly data: Uint8Array;
	/** What makes it again: prompt, seed, steps and so on. */
	readonly parameters: PngParameters;

	constructor({ width, height, data }: Image, parameters: PngParameters) {
		this.width = width;
		this.height = height;
		this.data = data;
		this.parameters = parameters;
	}

	/** The bytes of a PNG file, with the parameters in a text chunk. */
	toPng(): Promise<Uint8Array> {
		return encodePng(this, this.parameters);
	}

	/**
	 * Writes a PNG file, and makes the folders that are missing; the file appears whole or not at all.
	 * @throws FileError when it cannot be written.
	 */
	save(path: string): Promise<void> {
		return savePng(path, this, this.parameters);
	}
}
