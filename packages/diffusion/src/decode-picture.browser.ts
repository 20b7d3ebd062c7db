import type { PictureHeader } from "./decode-picture.ts";
import type { RawPicture } from "./raw-picture.ts";

/** What is used here of a browser's pictures. */
interface Bitmap {
	readonly width: number;
	readonly height: number;
	close(): void;
}
interface Canvas {
	getContext(kind: "2d"): {
		drawImage(bitmap: Bitmap, x: number, y: number): void;
		getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
	};
}
declare const createImageBitmap: (blob: Blob, options: { imageOrientation: "from-image" }) => Promise<Bitmap>;
declare const OffscreenCanvas: new (width: number, height: number) => Canvas;

/** A browser has no reading of the header alone, and no name for the format: what it can decode is taken. */
export async function readHeader(bytes: Uint8Array): Promise<PictureHeader> {
	const bitmap = await decode(bytes);
	const { width, height } = bitmap;
	bitmap.close();
	return { format: "png", width, height, upright: { width, height } };
}

/** The pixels, upright, in sRGB, with alpha. */
export async function decodePixels(bytes: Uint8Array): Promise<RawPicture> {
	const bitmap = await decode(bytes);
	const { width, height } = bitmap;
	const context = new OffscreenCanvas(width, height).getContext("2d");
	context.drawImage(bitmap, 0, 0);
	bitmap.close();
	return { width, height, channels: 4, data: context.getImageData(0, 0, width, height).data };
}

function decode(bytes: Uint8Array): Promise<Bitmap> {
	return createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), { imageOrientation: "from-image" });
}
