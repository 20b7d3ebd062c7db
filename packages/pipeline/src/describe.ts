import type { ImageParameters, ParameterValue } from "@drum/diffusion";
import type { Condition } from "@drum/peca";
import type { OpenedPipeline } from "./opened-pipeline.ts";
import type { GenerateOptions } from "./options.ts";
import type { Run } from "./plan-run.ts";

/** What makes picture `i` of a run again; goes into its PNG, as far as it may be shared. */
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

/** How the condition was made; of its negative one only what counted. */
function parametersOf(condition: Condition | undefined, negativeCounts: boolean): ImageParameters {
	const { alpha, references, negativeAlpha, negativeReferences } = condition?.parameters ?? {};
	return {
		...(alpha !== undefined && { alpha }),
		...(references && { references }),
		...(negativeCounts && negativeAlpha !== undefined && { negativeAlpha }),
		...(negativeCounts && negativeReferences && { negativeReferences }),
	};
}

/** The options that this model takes and others do not, as far as they were given. */
function own({ model }: OpenedPipeline, options: GenerateOptions, row: number): ImageParameters {
	const given = (model.takes ?? []).filter((name) => options[name] !== undefined);
	return Object.fromEntries(
		given.map((name): [string, ParameterValue] => {
			const value = options[name]!;
			// Of prompts for each, the picture's own.
			return [name, /[pP]rompt\d$/.test(name) && typeof value === "object" ? (value[row] as ParameterValue) : value];
		}),
	);
}
