import type { GenerateOptions as RunOptions } from "@drum/pipeline";
import { ArgumentError } from "@drum/tensor";
import type { GenerateOptions } from "../options/generate.ts";

/** What a run begins from in place of noise. */
export type PicturesIn = Pick<RunOptions, "image" | "strength" | "mask">;

/**
 * Reads the pictures that a call begins from, before a model is looked for.
 * @throws ArgumentError, FileError for what is no picture, and for a mask or a strength without one.
 */
export async function readPictures({ image, strength, mask }: GenerateOptions): Promise<PicturesIn> {
	const given = { image, strength, mask };
	if (image === undefined) {
		const [alone] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
		if (alone) throw new ArgumentError({ what: `--${alone}`, expected: "an --image too", found: "none" });
		return {};
	}
	const { openPictures } = await import("@drum/pipeline");
	return openPictures(given);
}
