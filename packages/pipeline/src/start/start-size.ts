import { ArgumentError, type Warning } from "@drum/tensor";
import type { OpenedPipeline } from "../opened-pipeline.ts";
import type { GenerateOptions } from "../options.ts";
import { multipleOf, type Size } from "../plan-size.ts";
import { openedOf } from "./plan-start.ts";

/** How many times the pixels that a model was trained for a picture may have whose size is taken as it is. */
const MOST_TIMES = 4;

/** The size of a call that says none: of the picture it begins from, else the model's `own`; what was changed of it is a warning. */
export function startSize(
	pipeline: OpenedPipeline,
	{ image, height, width }: GenerateOptions,
	own: Size,
): Size & { warnings: Warning[] } {
	const picture = image === undefined ? undefined : openedOf(image)[0];
	if (!picture || (height !== undefined && width !== undefined)) return { ...own, warnings: [] };
	const { scaled, ...size } = sizeFromPicture(picture, own, multipleOf(pipeline));
	if (!scaled) return { ...size, warnings: [] };
	const message = `The image, ${picture.width} × ${picture.height}, is brought down to ${size.width} × ${size.height}, near to what the model was trained for; height and width say otherwise.`;
	return { ...size, warnings: [{ code: "size-rounded", what: "image", message }] };
}

/**
 * What `generate` draws from a picture where a call says no size: the picture's own, each side rounded down to a multiple, as diffusers does it.
 * One with more than four times the pixels that the model was trained for is `scaled` down to as many as those, in its shape.
 * @param own what the model was trained for
 * @throws ArgumentError for a picture too small for that.
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
	});
}
