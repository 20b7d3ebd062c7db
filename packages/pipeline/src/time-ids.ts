import type { ModelOptions } from "./options.ts";

/** SDXL's inputs about a picture: original size, position of the crop, target size. */
export type TimeId = readonly [number, number, number, number, number, number];

export interface TimeIds {
	positive: TimeId;
	negative: TimeId;
}

export function planTimeIds(options: ModelOptions, height: number, width: number): TimeIds {
	const { originalSize = [height, width], cropsCoordsTopLeft = [0, 0], targetSize = [height, width] } = options;
	const { negativeOriginalSize, negativeCropsCoordsTopLeft = [0, 0], negativeTargetSize } = options;
	const positive: TimeId = [...originalSize, ...cropsCoordsTopLeft, ...targetSize];
	// diffusers only uses the negative ones if both sizes are given.
	if (!negativeOriginalSize || !negativeTargetSize) return { positive, negative: positive };
	return { positive, negative: [...negativeOriginalSize, ...negativeCropsCoordsTopLeft, ...negativeTargetSize] };
}
