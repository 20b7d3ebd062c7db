import * as z from "zod/mini";

const SMALLEST = 64;
/** The first version of diffusers whose files have the size that the model was trained for. */
const RELIABLE = [0, 9, 0];

const early = z.looseObject({
	// A version in Python's form: an epoch, numbers, and parts that do not matter here.
	_diffusers_version: z.string().check(z.regex(/^\s*v?(0!)?\d+(\.\d+)*/i)),
	sample_size: z.int().check(z.maximum(SMALLEST - 1)),
});

/** Corrects `config.json` of a UNet as diffusers' StableDiffusionPipeline does: early files have 32 for models that were trained at 64. */
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
