/** A picture as it is sent, and how it is shown. */
export interface OpenedPicture {
	readonly url: string;
	readonly width: number;
	readonly height: number;
	readonly file: Blob;
}

/** Longest side of what is sent: as much as the service draws. */
const LONGEST = 2048;
/** Pixels up to which a picture is sent as it is, to the bit. */
const EXACT = 512 ** 2;

/**
 * Reads a picture of any kind that the browser knows: upright, over white, and small enough to be sent. What else the file tells, such as
 * where a photograph was taken, stays here.
 * @throws where the browser cannot read it.
 */
export async function openPicture(file: Blob): Promise<OpenedPicture> {
	const bitmap = await createImageBitmap(file);
	const share = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
	const width = Math.max(1, Math.round(bitmap.width * share));
	const height = Math.max(1, Math.round(bitmap.height * share));
	const canvas = Object.assign(document.createElement("canvas"), { width, height });
	const context = canvas.getContext("2d")!;
	context.fillStyle = "white";
	context.fillRect(0, 0, width, height);
	context.imageSmoothingQuality = "high";
	context.drawImage(bitmap, 0, 0, width, height);
	bitmap.close();
	const type = width * height <= EXACT ? "image/png" : "image/jpeg";
	const sent = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, 0.93));
	if (!sent) throw new Error("the picture could not be read");
	return { url: URL.createObjectURL(sent), width, height, file: sent };
}

/** Of a canvas whose pixels are read now and then. */
export function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
	return canvas.getContext("2d", { willReadFrequently: true })!;
}

/** A file's bytes in base64. */
export async function base64Of(file: Blob): Promise<string> {
	const url = await new Promise<string>((resolve, reject) => {
		const reader = new FileReader();
		reader.onload = () => resolve(String(reader.result));
		reader.onerror = () => reject(reader.error);
		reader.readAsDataURL(file);
	});
	return url.slice(url.indexOf(",") + 1);
}
