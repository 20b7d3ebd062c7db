import { ArgumentError, shown } from "@drum/tensor";
import type { Image } from "../image.ts";
import type { ImageParameters } from "../image-parameters.ts";
import { formatOf, type PictureFormat } from "./picture-format.ts";
import type { DigitalSourceType } from "./source-type.ts";

/** What a mark is told of the file that it stands before. */
export interface MarkDetails {
	readonly format: PictureFormat;
	/** `"image/png"` and so on. */
	readonly mediaType: string;
	readonly width: number;
	readonly height: number;
	/** As the file tells them; undefined where it tells nothing. */
	readonly parameters: ImageParameters | undefined;
	/** Undefined where the file does not tell it. */
	readonly sourceType: DigitalSourceType | undefined;
	readonly signal: AbortSignal | undefined;
}

/**
 * Stands between a picture and its file: a watermark takes `pixels`, a signature `file`; at least one of them. What it throws, the call
 * that writes the picture throws, and then nothing is written.
 */
export interface PictureMark {
	/** What messages call it. */
	readonly name: string;
	/** The picture as it is encoded: one of the same size. The one that it gets is its own to change. */
	readonly pixels?: ((image: Image, details: MarkDetails) => Image | Promise<Image>) | undefined;
	/** The file as it is written, from one that is whole and has all metadata: one of the same format. */
	readonly file?: ((bytes: Uint8Array, details: MarkDetails) => Uint8Array | Promise<Uint8Array>) | undefined;
}

/** @throws ArgumentError for what is no mark. */
export function checkMarks(given: PictureMark | readonly PictureMark[] | undefined): readonly PictureMark[] {
	const marks = given === undefined ? [] : [given].flat();
	for (const mark of marks) {
		const { name, pixels, file } = (mark ?? {}) as Partial<PictureMark>;
		const hooks = [pixels, file].filter((each) => each !== undefined);
		if (typeof name === "string" && hooks.length > 0 && hooks.every((each) => typeof each === "function")) continue;
		throw new ArgumentError({
			what: "mark",
			expected: "{ name, pixels } or { name, file }, where pixels and file are functions",
			found: typeof mark === "object" && mark !== null ? `{ ${Object.keys(mark).join(", ")} }` : shown(mark),
		});
	}
	return marks;
}

/** The picture with every mark that changes pixels, in their order. @throws ArgumentError where one gives another size. */
export async function markPixels(image: Image, marks: readonly PictureMark[], details: MarkDetails): Promise<Image> {
	const { width, height } = image;
	let marked = image;
	for (const { name, pixels } of marks) {
		if (!pixels) continue;
		marked = await pixels({ width, height, data: marked.data.slice() }, details);
		details.signal?.throwIfAborted();
		const { data, ...size } = (marked ?? {}) as Partial<Image>;
		const whole = data instanceof Uint8Array && data.length === width * height * 3;
		if (whole && size.width === width && size.height === height) continue;
		throw new ArgumentError({
			what: `the pixels of the mark ${name}`,
			expected: `{ width: ${width}, height: ${height}, data } with ${width * height * 3} bytes`,
			found: marked ? `${shown(size.width)} × ${shown(size.height)} with ${shown(data?.length)} bytes` : shown(marked),
		});
	}
	return marked;
}

/** The file with every mark that changes it, in their order. @throws ArgumentError where one gives another kind of file. */
export async function markFile(
	bytes: Uint8Array,
	marks: readonly PictureMark[],
	details: MarkDetails,
): Promise<Uint8Array> {
	let marked = bytes;
	for (const { name, file } of marks) {
		if (!file) continue;
		marked = await file(marked, details);
		details.signal?.throwIfAborted();
		const format = marked instanceof Uint8Array ? formatOf(marked) : undefined;
		if (format === details.format) continue;
		const found = marked instanceof Uint8Array ? (format ?? "other bytes") : shown(marked);
		throw new ArgumentError({ what: `the file of the mark ${name}`, expected: `a ${details.format} file`, found });
	}
	return marked;
}
