import * as z from "zod";
import { parseFile } from "./config.ts";

const extent = z.int().min(1).max(10_000);
const box = z.strictObject({ height: extent, width: extent });
const triple = z.tuple([z.number(), z.number(), z.number()]);

// Files of before transformers 4.24 give sizes as one number: the shorter edge, and a square's side.
const schema = z.object({
	do_resize: z.boolean().default(true),
	size: z
		.union([extent.transform((shortest_edge) => ({ shortest_edge })), z.strictObject({ shortest_edge: extent }), box])
		.optional(),
	/** Pillow's `BICUBIC`, which every CLIP was trained with. */
	resample: z.literal(3).default(3),
	do_center_crop: z.boolean().default(true),
	crop_size: z.union([extent.transform((side) => ({ height: side, width: side })), box]).optional(),
	do_rescale: z.boolean().default(true),
	rescale_factor: z
		.number()
		.positive()
		.default(1 / 255),
	do_normalize: z.boolean().default(true),
	image_mean: triple.default([0.48145466, 0.4578275, 0.40821073]),
	image_std: triple.default([0.26862954, 0.26130258, 0.27577711]).refine((std) => !std.includes(0), "no zero"),
});

/** How a picture becomes what the model takes, as its `preprocessor_config.json` says. */
export interface CLIPPreprocessor {
	/** Undefined where pictures are taken in their own size. */
	readonly resize: { readonly shortest_edge: number } | { readonly height: number; readonly width: number } | undefined;
	/** From the middle; what a smaller picture lacks is 0. Undefined where all is taken. */
	readonly crop: { readonly height: number; readonly width: number } | undefined;
	/** A byte is multiplied by it, then has the mean of its channel taken off, and is divided by the deviation. */
	readonly rescale: number;
	readonly mean: readonly [number, number, number];
	readonly std: readonly [number, number, number];
}

/**
 * Reads `preprocessor_config.json`, with the settings of OpenAI's CLIP for pictures of `imageSize` where it is silent.
 * @throws CheckpointError naming the field that does not fit.
 */
export function parsePreprocessor(json: unknown, name: string, imageSize: number): CLIPPreprocessor {
	const file = parseFile(schema, json, name, "a CLIP image encoder");
	const { size = { shortest_edge: imageSize }, crop_size = { height: imageSize, width: imageSize } } = file;
	return {
		resize: file.do_resize ? size : undefined,
		crop: file.do_center_crop ? crop_size : undefined,
		rescale: file.do_rescale ? file.rescale_factor : 1,
		mean: file.do_normalize ? file.image_mean : [0, 0, 0],
		std: file.do_normalize ? file.image_std : [1, 1, 1],
	};
}
