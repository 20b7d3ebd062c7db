import { checkNames } from "@drum/tensor";
import type { Image } from "./image.ts";
import type { ImageParameters, ParametersForm } from "./image-parameters.ts";
import { encodePng, savePng } from "./png.ts";

export interface PngOptions {
	/**
	 * How much the file tells of how the picture was made. Default `"shareable"`: what draws it again, without the user's earlier prompts
	 * and without paths. `"full"`: all of `parameters`. `"none"`: nothing.
	 */
	parameters?: ParametersForm | undefined;
}

/** A picture that knows how it was made. */
export class GeneratedImage implements Image {
	readonly width: number;
	readonly height: number;
	readonly data: Uint8Array;
	/** What makes it again: prompt, seed, steps and so on. Here all is told, also the earlier prompts that steered it. */
	readonly parameters: ImageParameters;

	constructor({ width, height, data }: Image, parameters: ImageParameters) {
		this.width = width;
		this.height = height;
		this.data = data;
		this.parameters = parameters;
	}

	/**
	 * The bytes of a PNG file, with the parameters in a text chunk.
	 * @throws ArgumentError for options that it does not take.
	 */
	async toPng(options: PngOptions = {}): Promise<Uint8Array> {
		checkNames("toPng", options, OPTIONS);
		return encodePng(this, this.parameters, options.parameters);
	}

	/**
	 * The same as a Blob of type "image/png", as a page shows it: `img.src = URL.createObjectURL(await image.toBlob())`.
	 * @throws ArgumentError for options that it does not take.
	 */
	async toBlob(options: PngOptions = {}): Promise<Blob> {
		return new Blob([(await this.toPng(options)) as Uint8Array<ArrayBuffer>], { type: "image/png" });
	}

	/** Four bytes a pixel, opaque, as a canvas takes them: `new ImageData(image.toRgba(), image.width)`. */
	toRgba(): Uint8ClampedArray<ArrayBuffer> {
		const rgba = new Uint8ClampedArray((this.data.length / 3) * 4).fill(255);
		for (let from = 0, to = 0; from < this.data.length; from += 3, to += 4) {
			for (let channel = 0; channel < 3; channel++) rgba[to + channel] = this.data[from + channel]!;
		}
		return rgba;
	}

	/**
	 * Writes a PNG file, and makes the folders that are missing; the file appears whole or not at all.
	 * @throws ArgumentError for options that it does not take; FileError when it cannot be written.
	 */
	async save(path: string, options: PngOptions = {}): Promise<void> {
		checkNames("save", options, OPTIONS);
		return savePng(path, this, this.parameters, options.parameters);
	}
}

const OPTIONS = ["parameters"] satisfies (keyof PngOptions)[];
