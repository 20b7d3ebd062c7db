import { ArgumentError, type Warning } from "@drum/tensor";
import type { OpenedPipeline } from "../opened-pipeline.ts";
import type { GenerateOptions } from "../options.ts";
import { multipleOf, type Size } from "../plan-size.ts";
import { openedOf } from "./plan-start.ts";

/** A picture keeps its size up to this multiple of the pixels that a model was trained for. */
const MOST_TIMES = 4;

/** The size of a call without one: that of the picture it begins from, or the model's `own`. A change is reported by a warning. */
export function startSize(
	pipeline: OpenedPipeline,
	{ image, height, width }: GenerateOptions,
	own: Size,
): Size & { warnings: Warning[] } {
	const picture = image === undefined ? undefined : openedOf(image)[0];
	if (!picture || (height !== undefined && width !== undefined)) return { ...own, warnings: [] };
	const { scaled, ...size } = sizeFromPicture(picture, own, multipleOf(pipeline));
	if (!scaled) return { ...size, warnings: [] };
	const message = `The image, ${picture.width} × ${picture.height}, is scaled down to ${size.width} × ${size.height}, close to the size that the model was trained for. Give height and width for another size.`;
	return { ...size, warnings: [{ code: "size-rounded", what: "image", message }] };
}

/**
 * The size, in pixels, of a call that gives an image and no size: the image's own, each side rounded down to a multiple, as in diffusers. A picture
 * with more than four times the pixels that the model was trained for is `scaled` down to that many, and keeps its shape.
 * @param own the size that the model was trained for
 * @throws ArgumentError for a picture that is too small for that
 */
export function sizeFromPicture(picture: Size, own: Size, multiple: number): Size & { scaled: boolean } {
	const [pixels, most] = [picture.width * picture.height, own.height * own.width];
	const scaled = pixels > MOST_TIMES * most;
	const scale = scaled ? Math.sqrt(most / pixels) : 1;
	const sideOf = (side: number) => Math.floor((side * scale) / multiple) * multiple;
	const size = { height: sideOf(picture.height), width: sideOf(picture.width) };
	if (size.height > 0 && size.width > 0) return { ...size, scaled };
	throw new ArgumentError({
		what: "image",
		expected: `at least ${multiple} pixels along each side, or a height and a width`,
		found: `${picture.width} × ${picture.height}`,
		next: "Take a larger image, or give height and width: the image is then resized",
	});
}
