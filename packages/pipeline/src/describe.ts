import type { ImageParameters, ParameterValue } from "@drum/diffusion";
import type { Condition } from "@drum/peca";
import type { OpenedPipeline } from "./opened-pipeline.ts";
import type { GenerateOptions } from "./options.ts";
import type { Run } from "./plan-run.ts";

/** The parameters to draw picture `i` of a run again. They go into its PNG, except private ones. */
export function describe(pipeline: OpenedPipeline, run: Run, options: GenerateOptions, i: number): ImageParameters {
	const { prompts, condition, pictures, picturesOfEach, seed, steps, guidanceScale, guidedPart, loras } = run;
	const inversions = pipeline.textualInversions.map(({ token }) => token);
	const row = Math.floor(i / picturesOfEach);
	const { negativePrompt = "", promptSyntax, scheduler, eta } = options;
	const negative = typeof negativePrompt === "string" ? negativePrompt : negativePrompt[row]!;
	return {
		...(prompts && { prompt: prompts[row]! }),
		...(negative && { negativePrompt: negative }),
		...(promptSyntax && promptSyntax !== "plain" && { promptSyntax }),
		...(inversions.length > 0 && { textualInversions: inversions }),
		...parametersOf(condition, run.guidance !== undefined || !condition?.negative),
		model: pipeline.name,
		...(pipeline.denoiserSource !== undefined && { denoiser: pipeline.denoiserSource }),
		...(pipeline.vaeSource !== undefined && { vae: pipeline.vaeSource }),
		...(pipeline.encoderSources && { encoders: [pipeline.encoderSources] }),
		seed: typeof seed === "number" ? seed : seed[i]!,
		...(pictures > 1 && { picture: i + 1, pictures }),
		numInferenceSteps: steps,
		guidanceScale,
		...(run.start && { strength: run.start.strength }),
		...(guidedPart[0] > 0 && { guidanceStart: guidedPart[0] }),
		...(guidedPart[1] < 1 && { guidanceEnd: guidedPart[1] }),
		...(run.cache && { cache: { ...run.cache.cache } }),
		...(loras.applied.length > 0 && { loras: loras.applied }),
		...(scheduler && { scheduler }),
		...(eta && { eta }),
		...own(pipeline, options, row),
	};
}

/** How the condition was made. The parameters of the negative condition are left out if it had no effect. */
function parametersOf(condition: Condition | undefined, negativeCounts: boolean): ImageParameters {
	const { alpha, references, negativeAlpha, negativeReferences } = condition?.parameters ?? {};
	return {
		...(alpha !== undefined && { alpha }),
		...(references && { references }),
		...(negativeCounts && negativeAlpha !== undefined && { negativeAlpha }),
		...(negativeCounts && negativeReferences && { negativeReferences }),
	};
}

/** The given options that not all models take. */
function own({ model }: OpenedPipeline, options: GenerateOptions, row: number): ImageParameters {
	const given = (model.takes ?? []).filter((name) => options[name] !== undefined);
	return Object.fromEntries(
		given.map((name): [string, ParameterValue] => {
			const value = options[name]!;
			// From a list of prompts, the picture's own.
			return [name, /[pP]rompt\d$/.test(name) && typeof value === "object" ? (value[row] as ParameterValue) : value];
		}),
	);
}
