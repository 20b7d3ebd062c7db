import { loadPart } from "@drum/tensor";
import type { Image } from "./image.ts";
import type { ImageParameters } from "./image-parameters.ts";
import type { LossyOptions, PictureFileOptions, PngOptions } from "./picture-file/picture-options.ts";
import type { DigitalSourceType } from "./picture-file/source-type.ts";

/** What writes files. A page may show its pictures without. */
const writing = () => loadPart(() => import("./picture-file/writing.ts"));

/** A picture that knows how it was made. */
export class GeneratedImage implements Image {
	readonly width: number;
	readonly height: number;
	readonly data: Uint8Array;
	/** What makes it again: prompt, seed, steps and so on. Here all is told, also the earlier prompts that steered it. */
	readonly parameters: ImageParameters;
	/** What IPTC calls it: drawn by a model, or, where a mask kept some of another picture, a composite. */
	readonly sourceType: DigitalSourceType;

	constructor(
		{ width, height, data }: Image,
		parameters: ImageParameters,
		sourceType: DigitalSourceType = "trainedAlgorithmicMedia",
	) {
		this.width = width;
		this.height = height;
		this.data = data;
		this.parameters = parameters;
		this.sourceType = sourceType;
	}

	/**
	 * The bytes of a PNG file, with the parameters in a text chunk, and in XMP that a model drew it.
	 * @throws ArgumentError for options that it does not take; what a mark throws, or the signal's reason.
	 */
	async toPng(options: PngOptions = {}): Promise<Uint8Array> {
		const { checkOptions, encodePicture, OPTION_NAMES } = await writing();
		checkOptions("toPng", options, OPTION_NAMES.png);
		return encodePicture(this, this.parameters, options);
	}

	/**
	 * The bytes of a JPEG file, with the parameters in EXIF's UserComment.
	 * @throws what `toPng` throws; ArgumentError for parameters of more than 64 kB, and for more than 65,535 pixels along a side.
	 */
	async toJpeg(options: LossyOptions = {}): Promise<Uint8Array> {
		const { checkOptions, encodePicture, OPTION_NAMES } = await writing();
		checkOptions("toJpeg", options, OPTION_NAMES.lossy, "jpeg");
		return encodePicture(this, this.parameters, { ...options, format: "jpeg" });
	}

	/**
	 * The bytes of a WebP file, with the parameters in EXIF's UserComment.
	 * @throws what `toPng` throws; ArgumentError for more than 16,383 pixels along a side; DeviceError in a browser that writes none.
	 */
	async toWebp(options: LossyOptions = {}): Promise<Uint8Array> {
		const { checkOptions, encodePicture, OPTION_NAMES } = await writing();
		checkOptions("toWebp", options, OPTION_NAMES.lossy, "webp");
		return encodePicture(this, this.parameters, { ...options, format: "webp" });
	}

	/**
	 * A file as a Blob, as a page shows it: `img.src = URL.createObjectURL(await image.toBlob())`. Default `format`: PNG.
	 * @throws what `toPng`, `toJpeg` and `toWebp` throw.
	 */
	async toBlob(options: PictureFileOptions = {}): Promise<Blob> {
		const { checkOptions, encodePicture, mediaTypeOf, OPTION_NAMES } = await writing();
		const { format } = checkOptions("toBlob", options, OPTION_NAMES.all);
		const bytes = await encodePicture(this, this.parameters, options);
		return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: mediaTypeOf(format) });
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
	 * Writes a PNG, JPEG or WebP file, as the path's extension says, and makes the folders that are missing; the file appears whole or not
	 * at all.
	 * @throws what `toPng`, `toJpeg` and `toWebp` throw; ArgumentError for the extension of another kind of picture; FileError when it
	 * cannot be written.
	 */
	async save(path: string, options: PictureFileOptions = {}): Promise<void> {
		const { savePicture } = await writing();
		return savePicture(path, this, this.parameters, options);
	}
}
