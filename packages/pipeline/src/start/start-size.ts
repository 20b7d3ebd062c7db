import type { Warning } from "@drum/tensor";
import { ArgumentError } from "@drum/tensor";
import type { DiffusionPipeline } from "../diffusion-pipeline.ts";
import type { GenerateOptions } from "../options.ts";
import { multipleOf, type Size } from "../plan-size.ts";
import { openedOf } from "./plan-start.ts";

/** How many times the pixels that a model was trained for a picture may have whose size is taken as it is. */
const MOST_TIMES = 4;

/**
 * The size of a call that says none: of the picture it begins from, each side rounded down to what the model draws, as diffusers does it.
 * One with more than four times the model's pixels is brought down to as many as the model's, in its shape, which a warning says.
 * @throws ArgumentError for a picture too small for that.
 */
export function startSize(
	pipeline: DiffusionPipeline,
	{ image, height, width }: GenerateOptions,
	own: Size,
): Size & { warnings: Warning[] } {
	const picture = image === undefined ? undefined : openedOf(image)[0];
	if (!picture || (height !== undefined && width !== undefined)) return { ...own, warnings: [] };
	const multiple = multipleOf(pipeline);
	const pixels = picture.width * picture.height;
	const most = own.height * own.width;
	const scale = pixels > MOST_TIMES * most ? Math.sqrt(most / pixels) : 1;
	const sideOf = (side: number) => Math.floor((side * scale) / multiple) * multiple;
	const size = { height: sideOf(picture.height), width: sideOf(picture.width) };
	if (size.height === 0 || size.width === 0) {
		throw new ArgumentError({
			what: "image",
			expected: `at least ${multiple} pixels along each side, or a height and a width`,
			found: `${picture.width} × ${picture.height}`,
		});
	}
	if (scale === 1) return { ...size, warnings: [] };
	const message = `The image, ${picture.width} × ${picture.height}, is brought down to ${size.width} × ${size.height}, near to what the model was trained for; height and width say otherwise.`;
	return { ...size, warnings: [{ code: "size-rounded", what: "image", message }] };
}
