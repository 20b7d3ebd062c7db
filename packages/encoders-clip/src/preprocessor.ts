import * as z from "zod/mini";
import { parseFile } from "./config.ts";

const extent = z.int().check(z.minimum(1), z.maximum(10_000));
const box = z.strictObject({ height: extent, width: extent });
const triple = z.tuple([z.number(), z.number(), z.number()]);

// Files from before transformers 4.24 give sizes as one number: the shorter edge, or the side of a square.
const schema = z.object({
	do_resize: z._default(z.boolean(), true),
	size: z.optional(
		z.union([
			z.pipe(
				extent,
				z.transform((shortest_edge) => ({ shortest_edge })),
			),
			z.strictObject({ shortest_edge: extent }),
			box,
		]),
	),
	/** Pillow's `BICUBIC`, which every CLIP was trained with. */
	resample: z._default(z.literal(3), 3),
	do_center_crop: z._default(z.boolean(), true),
	crop_size: z.optional(
		z.union([
			z.pipe(
				extent,
				z.transform((side) => ({ height: side, width: side })),
			),
			box,
		]),
	),
	do_rescale: z._default(z.boolean(), true),
	rescale_factor: z._default(z.number().check(z.positive()), 1 / 255),
	do_normalize: z._default(z.boolean(), true),
	image_mean: z._default(triple, [0.48145466, 0.4578275, 0.40821073]),
	image_std: z
		._default(triple, [0.26862954, 0.26130258, 0.27577711])
		.check(z.refine((std) => !std.includes(0), "no zero")),
});

/** How to turn a picture into the model's input, from `preprocessor_config.json`. */
export interface CLIPPreprocessor {
	/** Undefined if pictures keep their size. */
	readonly resize: { readonly shortest_edge: number } | { readonly height: number; readonly width: number } | undefined;
	/** A crop from the middle. Missing pixels of a smaller picture are 0. Undefined for no crop. */
	readonly crop: { readonly height: number; readonly width: number } | undefined;
	/** Factor for a byte, before the channel's mean is subtracted and the result divided by its deviation. */
	readonly rescale: number;
	readonly mean: readonly [number, number, number];
	readonly std: readonly [number, number, number];
}

/**
 * Reads `preprocessor_config.json`. Missing settings are those of OpenAI's CLIP for pictures of `imageSize`.
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
