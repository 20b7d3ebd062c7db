import { DeviceError } from "@drum/tensor";
import type { Image } from "../image.ts";

/** What is used here of a browser's canvas. */
interface Canvas {
	getContext(kind: "2d"): { putImageData(pixels: Pixels, x: number, y: number): void };
	convertToBlob(options: { type: string; quality: number }): Promise<Blob>;
}
interface Pixels {
	readonly data: Uint8ClampedArray;
}
declare const OffscreenCanvas: new (width: number, height: number) => Canvas;
declare const ImageData: new (width: number, height: number) => Pixels;

/**
 * A file of these pixels alone. `quality` from 1 to 100.
 * @throws DeviceError where the browser does not write the format.
 */
export async function encodePixels(
	{ width, height, data }: Image,
	format: "jpeg" | "webp",
	quality: number,
): Promise<Uint8Array> {
	const pixels = new ImageData(width, height);
	pixels.data.fill(255);
	for (let from = 0, to = 0; from < data.length; from += 3, to += 4) pixels.data.set(data.subarray(from, from + 3), to);
	const canvas = new OffscreenCanvas(width, height);
	canvas.getContext("2d").putImageData(pixels, 0, 0);
	const type = `image/${format}`;
	const file = await canvas.convertToBlob({ type, quality: quality / 100 });
	// What it cannot write it gives as PNG.
	if (file.type !== type) {
		const next = "Save the picture as PNG";
		throw new DeviceError({ what: "this browser", expected: `to write ${type}`, found: file.type, next });
	}
	return new Uint8Array(await file.arrayBuffer());
}
