import { OpenedPicture, type PictureInput } from "@drum/diffusion";
import { ArgumentError, shown, type Warning } from "@drum/tensor";
import type { FoundationModel } from "../foundation-model.ts";
import type { OpenedPipeline } from "../opened-pipeline.ts";
import type { GenerateOptions } from "../options.ts";

/** What a run begins from instead of noise. */
export interface StartPlan {
	/** One for all prompts, or one for each. Empty if a call is only checked, before its pictures are read. */
	readonly images: readonly OpenedPicture[];
	/** One for all prompts, or one for each. Undefined if the whole picture is redrawn. */
	readonly masks: readonly OpenedPicture[] | undefined;
	readonly strength: number;
	/** Steps at the beginning of the schedule that are skipped, because the picture has less noise. */
	readonly skippedSteps: number;
	readonly warnings: readonly Warning[];
}

/** Defaults for models without their own: those of Stable Diffusion in diffusers. */
const STRENGTH = { image: 0.8, mask: 1 };

/**
 * The start of a call with this number of steps. Undefined if it begins from noise.
 * @throws ArgumentError for options that do not fit together, or if no step would run
 */
export function planStart(pipeline: OpenedPipeline, options: GenerateOptions, steps: number): StartPlan | undefined {
	const { model, denoiser } = pipeline;
	checkTogether(options, denoiser.maskChannels !== undefined, model.name);
	if (options.image === undefined) return undefined;
	const { strength = (model.strength ?? STRENGTH)[options.mask === undefined ? "image" : "mask"] } = options;
	const skippedSteps = skippedOf(model, steps, strength);
	if (skippedSteps === steps) {
		// Rounded up: 1/49 of 49 is a little less than 1.
		const expected = `at least ${Math.ceil(1e4 / steps) / 1e4}, so that at least one of ${steps} steps runs`;
		throw new ArgumentError({
			what: "strength",
			expected,
			found: String(strength),
			next: "Use a higher strength, or more steps",
		});
	}
	const images = openedOf(options.image);
	const masks = options.mask === undefined ? undefined : openedOf(options.mask);
	const warnings = [...transparencyOf("image", "white", images), ...transparencyOf("mask", "black", masks ?? [])];
	return { images, masks, strength, skippedSteps, warnings };
}

function checkTogether(options: GenerateOptions, inpaints: boolean, name: string): void {
	const { image, mask, strength, latents } = options;
	if (inpaints && (image === undefined || mask === undefined)) {
		throw new ArgumentError({
			what: "image and mask",
			expected: `both, as this ${name} checkpoint fills a part of a picture`,
			found: image === undefined ? (mask === undefined ? "neither" : "no image") : "no mask",
			next: "To redraw the whole picture, give an all-white mask. To draw from a prompt alone, open a checkpoint that does not inpaint",
		});
	}
	if (image !== undefined) {
		if (latents === undefined) return;
		const next = "Leave one out: latents replace the noise that a run without an image begins from";
		throw new ArgumentError({ what: "image and latents", expected: "one of them", found: "both", next });
	}
	for (const [what, value] of Object.entries({ mask, strength })) {
		if (value === undefined) continue;
		throw new ArgumentError({
			what,
			expected: "none without an image",
			found: what === "mask" ? "a mask" : shown(value),
			next: "Give an image too, or leave it out",
		});
	}
}

/** As diffusers' `get_timesteps`. */
function skippedOf({ strengthRounds = "run" }: FoundationModel, steps: number, strength: number): number {
	return strengthRounds === "run" ? steps - Math.floor(steps * strength) : Math.floor(steps - steps * strength);
}

/** The pictures that have been read. */
export function openedOf(given: PictureInput | readonly PictureInput[]): OpenedPicture[] {
	return [given].flat().filter((picture) => picture instanceof OpenedPicture);
}

function transparencyOf(what: string, behind: string, pictures: readonly OpenedPicture[]): Warning[] {
	if (!pictures.some(({ transparent }) => transparent)) return [];
	return [{ code: "transparency", what, message: `The ${what} is transparent in parts, where ${behind} is taken.` }];
}
