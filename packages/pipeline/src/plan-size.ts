import { ArgumentError, type Warning } from "@drum/tensor";
import type { OpenedPipeline } from "./opened-pipeline.ts";
import { SIDE_MULTIPLE } from "./options.ts";

/** A picture's sides in pixels. */
export interface Size {
	readonly height: number;
	readonly width: number;
}

/**
 * A size that the model can draw. FLUX rounds down, as in diffusers, with a warning.
 * @throws ArgumentError for a side that the model cannot draw
 */
export function planSize(pipeline: OpenedPipeline, asked: Size): Size & { warnings: Warning[] } {
	const height = sideOf("height", asked.height, pipeline);
	const width = sideOf("width", asked.width, pipeline);
	if (height === asked.height && width === asked.width) return { height, width, warnings: [] };
	const what = "height and width";
	const message = `height and width are rounded down to ${height} × ${width}, which ${pipeline.model.name} can draw.`;
	return { height, width, warnings: [{ code: "size-rounded", what, message }] };
}

/** A side is a multiple of this number of pixels. */
export function multipleOf({ vae, denoiser, model }: OpenedPipeline): number {
	const own = vae.scale * denoiser.multiple;
	// Both are powers of 2.
	return model.roundsSizes ? own : Math.max(SIDE_MULTIPLE, own);
}

function sideOf(what: keyof Size, pixels: number, pipeline: OpenedPipeline): number {
	const { vae, denoiser, model } = pipeline;
	const multiple = multipleOf(pipeline);
	const most = (denoiser.maxExtent ?? Number.POSITIVE_INFINITY) * vae.scale;
	const side = model.roundsSizes ? pixels - (pixels % multiple) : pixels;
	if (side > 0 && side % multiple === 0 && side <= most) return side;
	const range = most < Number.POSITIVE_INFINITY ? `, at most ${most},` : "";
	const expected = model.roundsSizes
		? `at least ${multiple} with this model`
		: `a multiple of ${multiple}${range} with this model`;
	const nearest = Math.min(Math.max(1, Math.round(pixels / multiple)), Math.floor(most / multiple)) * multiple;
	throw new ArgumentError({ what, expected, found: String(pixels), next: `The nearest is ${nearest}` });
}
