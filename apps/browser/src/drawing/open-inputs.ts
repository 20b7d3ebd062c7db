import type { RawPicture } from "@drum/pipeline";
import { bytesOf } from "./base64.ts";
import type { Order } from "./messages.ts";

/** The pixels of what a job begins from: the browser reads any format that it shows. */
export async function openInputs({ image, mask }: Order["inputs"]): Promise<{ image?: RawPicture; mask?: RawPicture }> {
	return { ...(image && { image: await pixelsOf(image) }), ...(mask && { mask: await pixelsOf(mask) }) };
}

async function pixelsOf(base64: string): Promise<RawPicture> {
	const bitmap = await createImageBitmap(new Blob([bytesOf(base64)]));
	const { width, height } = bitmap;
	const context = new OffscreenCanvas(width, height).getContext("2d")!;
	context.drawImage(bitmap, 0, 0);
	bitmap.close();
	return { width, height, channels: 4, data: context.getImageData(0, 0, width, height).data };
}
