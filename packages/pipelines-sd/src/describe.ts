import type { PngParameters } from "@drum/diffusion";
import type { GenerateOptions } from "./options.ts";
import type { Run } from "./plan-run.ts";
import type { StableDiffusion } from "./stable-diffusion.ts";

/** What makes picture `i` of a run again; goes into its PNG. */
export function describe(sd: StableDiffusion, run: Run, options: GenerateOptions, i: number): PngParameters {
	const { prompts, condition, pictures, picturesOfEach, seed, steps, guidanceScale } = run;
	const row = Math.floor(i / picturesOfEach);
	const { negativePrompt = "", scheduler, eta } = options;
	const negative = typeof negativePrompt === "string" ? negativePrompt : negativePrompt[row]!;
	return {
		...(prompts && { prompt: prompts[row]! }),
		...(negative && { negativePrompt: negative }),
		...condition?.parameters,
		model: sd.name,
		seed: String(typeof seed === "number" ? seed : seed[i]),
		...(pictures > 1 && { picture: `${i + 1} of ${pictures}` }),
		numInferenceSteps: String(steps),
		guidanceScale: String(guidanceScale),
		...(scheduler && { scheduler }),
		...(eta && { eta: String(eta) }),
	};
}
