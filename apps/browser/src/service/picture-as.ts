import { convertPicture, readPngParameters } from "@drum/pipeline";

/** A picture's PNG file as another one, which tells the same. */
export async function pictureAs(png: Uint8Array, format: "jpeg" | "webp"): Promise<Blob> {
	const file = await convertPicture(png, readPngParameters(png), { format });
	return new Blob([file as Uint8Array<ArrayBuffer>], { type: `image/${format}` });
}
