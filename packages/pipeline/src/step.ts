import { type DenoisedStep, previewLatents } from "@drum/diffusion";
import { ArgumentError, shown } from "@drum/tensor";
import type { FoundationModel } from "./foundation-model.ts";
import type { GenerateOptions } from "./options.ts";
import type { Run } from "./plan-run.ts";
import type { Reached } from "./progress.ts";

/** Turns the loop's steps into those that the caller sees. */
export function stepper(
	{ latentSpace }: FoundationModel,
	{ pictures, latentDims }: Run,
	{ onStep }: GenerateOptions,
	reached: Reached,
) {
	const [channels, height, width] = latentDims;
	const size = channels * height * width;
	return ({ denoised, ...step }: DenoisedStep) => {
		reached("denoised", step.step, step.steps);
		return onStep?.({
			...step,
			preview: (picture = 0) => {
				if (!Number.isInteger(picture) || picture < 0 || picture >= pictures) {
					throw new ArgumentError({ what: "picture", expected: `from 0 to ${pictures - 1}`, found: shown(picture) });
				}
				return previewLatents(denoised.subarray(picture * size, (picture + 1) * size), height, width, latentSpace);
			},
		});
	};
}
