import { type DenoisedStep, previewLatents, toImages } from "@drum/diffusion";
import { ArgumentError, float32, shown } from "@drum/tensor";
import type { OpenedPipeline } from "./opened-pipeline.ts";
import type { GenerateOptions } from "./options.ts";
import type { Run } from "./plan-run.ts";
import type { Reached } from "./progress.ts";

/** Turns the loop's steps into those of the caller's `onStep`. */
export function stepper(
	{ model, vae, previewVae = vae }: Pick<OpenedPipeline, "model" | "vae" | "previewVae">,
	{ pictures, latentDims, vaeTiling: tiling }: Run,
	{ onStep, signal }: GenerateOptions,
	reached: Reached,
) {
	const [channels, height, width] = latentDims;
	const size = channels * height * width;
	return ({ denoised, ...step }: DenoisedStep) => {
		reached("denoised", step.step, step.steps);
		const latentsOf = (picture: number) => {
			if (!Number.isInteger(picture) || picture < 0 || picture >= pictures) {
				throw new ArgumentError({ what: "picture", expected: `from 0 to ${pictures - 1}`, found: shown(picture) });
			}
			return denoised.subarray(picture * size, (picture + 1) * size);
		};
		return onStep?.({
			...step,
			preview: (picture = 0) => previewLatents(latentsOf(picture), height, width, model.latentSpace),
			async decode(picture = 0) {
				const latents = float32(latentsOf(picture), [1, ...latentDims]);
				return toImages(await previewVae.decode(latents, { tiling, signal }))[0]!;
			},
		});
	};
}
