import { ArgumentError, float32, type Tensor } from "@drum/tensor";
import type { CLIPPreprocessor } from "./preprocessor.ts";
import { type RGBPixels, resizeBicubic, type Span } from "./resample.ts";

/**
 * A picture: rows from the top, with a byte for each channel. The number of bytes per pixel gives the channels: 1 is gray, 2 gray and alpha, 3 red,
 * green and blue, 4 also alpha. Transparent pixels become white, as in transformers.
 */
export interface ImagePixels {
	readonly width: number;
	readonly height: number;
	readonly data: Uint8Array | Uint8ClampedArray;
}

/** @throws ArgumentError for a value that is not a picture. `what` names it. */
export function checkImage(image: ImagePixels, what: string): void {
	const { width, height, data } = image ?? {};
	const bytes = ArrayBuffer.isView(data) && data.BYTES_PER_ELEMENT === 1 ? data.length : 0;
	const whole = Number.isSafeInteger(width) && Number.isSafeInteger(height) && width > 0 && height > 0;
	if (whole && [1, 2, 3, 4].includes(bytes / (width * height))) return;
	throw new ArgumentError({
		what,
		expected: "{ width, height, data } with 1 to 4 bytes a pixel",
		found: `${width} × ${height} with ${bytes} bytes`,
	});
}

/** The output of transformers' CLIPImageProcessor, with Pillow, for pictures that get the same size: `[images, 3, height, width]`. */
export function pixelValues(images: readonly ImagePixels[], preprocessor: CLIPPreprocessor): Tensor<"float32"> {
	const resized = images.map((image) => resizeAndCrop(toRGB(image), preprocessor));
	const { width, height } = resized[0]!;
	const plane = width * height;
	const out = new Float32Array(images.length * 3 * plane);
	const tables = [0, 1, 2].map((channel) => normalized(preprocessor, channel as 0 | 1 | 2));
	for (const [i, { data }] of resized.entries()) {
		for (const [channel, table] of tables.entries()) {
			const from = (i * 3 + channel) * plane;
			for (let pixel = 0; pixel < plane; pixel++) out[from + pixel] = table[data[pixel * 3 + channel]!]!;
		}
	}
	return float32(out, [images.length, 3, height, width]);
}

/** The value of each byte in a channel, in float32 like NumPy. */
function normalized({ rescale, mean, std }: CLIPPreprocessor, channel: 0 | 1 | 2): Float32Array {
	const [center, deviation] = [Math.fround(mean[channel]), Math.fround(std[channel])];
	return new Float32Array(256).map((_, byte) => Math.fround(Math.fround(byte * rescale) - center) / deviation);
}

function toRGB(image: ImagePixels): RGBPixels {
	const { width, height, data } = image;
	const channels = data.length / (width * height);
	if (channels === 3) return image;
	const [colors, alpha] = channels > 2 ? [3, channels === 4] : [1, channels === 2];
	const rgb = new Uint8Array(width * height * 3);
	for (let pixel = 0; pixel < width * height; pixel++) {
		const at = pixel * channels;
		const opacity = alpha ? data[at + colors]! : 255;
		for (let channel = 0; channel < 3; channel++) {
			const color = data[at + (colors === 3 ? channel : 0)]!;
			rgb[pixel * 3 + channel] = Math.floor((color * opacity + 255 * (255 - opacity)) / 255 + 0.5);
		}
	}
	return { width, height, data: rgb };
}

/** Computes only the pixels that are kept. */
function resizeAndCrop(picture: RGBPixels, { resize, crop }: CLIPPreprocessor): RGBPixels {
	const { width, height } = resizedSize(picture, resize);
	const kept = crop ?? { width, height };
	const [columns, rows] = [middle(width, kept.width), middle(height, kept.height)];
	const part = resizeBicubic(picture, columns, rows);
	if (part.width === kept.width && part.height === kept.height) return part;
	const data = new Uint8Array(kept.width * kept.height * 3);
	for (let y = 0; y < part.height; y++) {
		const row = part.data.subarray(y * part.width * 3, (y + 1) * part.width * 3);
		data.set(row, ((y + rows.margin) * kept.width + columns.margin) * 3);
	}
	return { ...kept, data };
}

function resizedSize({ width, height }: RGBPixels, resize: CLIPPreprocessor["resize"]) {
	if (!resize) return { width, height };
	if (!("shortest_edge" in resize)) return resize;
	const { shortest_edge: short } = resize;
	const long = Math.trunc((short * Math.max(width, height)) / Math.min(width, height));
	return width <= height ? { width: short, height: long } : { width: long, height: short };
}

/** The middle `kept` of `size` pixels: the existing ones, and how many are missing before them. */
function middle(size: number, kept: number): Span & { margin: number } {
	const from = Math.floor((size - kept) / 2);
	return { size, from: Math.max(0, from), to: Math.min(size, from + kept), margin: Math.max(0, -from) };
}
