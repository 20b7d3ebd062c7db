import { type DigitalSourceType, encodePicture, openPicture, readPictureMarks } from "@drum/pipeline";

const COMPOSITE: DigitalSourceType = "compositeWithTrainedAlgorithmicMedia";

/** A picture's PNG file as another one, which tells the same. */
export async function pictureAs(png: Uint8Array, format: "jpeg" | "webp"): Promise<Blob> {
	const { parameters, sourceType } = await readPictureMarks(png);
	const { width, height, data } = await openPicture(png, "picture");
	const image = { width, height, data, ...(sourceType === COMPOSITE && { sourceType: COMPOSITE }) };
	const file = await encodePicture(image, parameters, { parameters: "full", format });
	return new Blob([file as Uint8Array<ArrayBuffer>], { type: `image/${format}` });
}
