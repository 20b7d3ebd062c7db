import type { PngParameters } from "@drum/diffusion";
import type { DiffusionPipeline } from "./diffusion-pipeline.ts";
import type { GenerateOptions } from "./options.ts";
import type { Run } from "./plan-run.ts";

/** What makes picture `i` of a run again; goes into its PNG. */
export function describe(pipeline: DiffusionPipeline, run: Run, options: GenerateOptions, i: number): PngParameters {
	const { prompts, condition, pictures, picturesOfEach, seed, steps, guidanceScale } = run;
	const row = Math.floor(i / picturesOfEach);
	const { negativePrompt = "", scheduler, eta } = options;
	const negative = typeof negativePrompt === "string" ? negativePrompt : negativePrompt[row]!;
	return {
		...(prompts && { prompt: prompts[row]! }),
		...(negative && { negativePrompt: negative }),
		...condition?.parameters,
		model: pipeline.name,
		seed: String(typeof seed === "number" ? seed : seed[i]),
		...(pictures > 1 && { picture: `${i + 1} of ${pictures}` }),
		numInferenceSteps: String(steps),
		guidanceScale: String(guidanceScale),
		...(scheduler && { scheduler }),
		...(eta && { eta: String(eta) }),
		...own(pipeline, options),
	};
}

/** The options that this model takes and others do not, as far as they were given. */
function own({ model }: DiffusionPipeline, options: GenerateOptions): PngParameters {
	const given = (model.takes ?? []).filter((name) => options[name] !== undefined);
	return Object.fromEntries(given.map((name) => [name, String(options[name])]));
}
