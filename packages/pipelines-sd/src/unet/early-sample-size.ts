import * as z from "zod/mini";

const SMALLEST = 64;
/** The first version of diffusers whose files tell the size that the model was trained for. */
const RELIABLE = [0, 9, 0];

const early = z.looseObject({
	// A version as Python writes it: an epoch, numbers, and what does not count here.
	_diffusers_version: z.string().check(z.regex(/^\s*v?(0!)?\d+(\.\d+)*/i)),
	sample_size: z.int().check(z.maximum(SMALLEST - 1)),
});

/** `config.json` of a UNet as diffusers' StableDiffusionPipeline uses it: early files say 32 of models that were trained at 64. */
export function amendSampleSize(config: unknown): unknown {
	const parsed = early.safeParse(config).data;
	return parsed && isEarly(parsed._diffusers_version) ? { ...parsed, sample_size: SMALLEST } : config;
}

function isEarly(version: string): boolean {
	const [numbers] = version.replace(/^\s*v?(0!)?/i, "").match(/^[\d.]+/)!;
	const parts = numbers.split(".").map(Number);
	const differing = RELIABLE.findIndex((part, i) => (parts[i] ?? 0) !== part);
	return differing >= 0 && (parts[differing] ?? 0) < RELIABLE[differing]!;
}
