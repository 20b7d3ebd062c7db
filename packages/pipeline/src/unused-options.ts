import { samplerTakesEta } from "@drum/diffusion";
import type { Warning } from "@drum/tensor";
import type { OpenedPipeline } from "./opened-pipeline.ts";
import type { GenerateOptions } from "./options.ts";

/** A warning for each option of a call that has no effect, with the reason. */
export function unusedOptions(pipeline: OpenedPipeline, options: GenerateOptions, guided: boolean): Warning[] {
	const { model, denoiser, schedulerConfig } = pipeline;
	const { guidanceScale = 0, trueCfgScale = 1, guidanceRescale = 0, eta = 0, scheduler } = options;
	const distilled = model.guidance === "distilled";
	const scale = distilled ? "trueCfgScale" : "guidanceScale";
	const reason =
		!distilled && denoiser.takesGuidance
			? "because this checkpoint was distilled with guidance"
			: `because ${scale} is not above 1`;
	const unguided = `${reason}: nothing is drawn against a negative prompt`;
	const negatives = ["negativePrompt", "negativePromptEmbeds"] as const;
	const found: [name: keyof GenerateOptions, because: string][] = [];
	if (distilled && !guided && trueCfgScale > 1) {
		found.push(["trueCfgScale", "without a negativePrompt, which may be empty"]);
	} else if (!guided) {
		for (const name of negatives) if (saysSomething(options[name])) found.push([name, unguided]);
	}
	if (!guided && guidanceRescale > 0) found.push(["guidanceRescale", reason]);
	for (const name of ["guidanceStart", "guidanceEnd"] as const) {
		if (!guided && options[name] !== undefined) found.push([name, reason]);
	}
	found.push(...unusedLayers(options, guided, reason));
	if (distilled && denoiser.takesGuidance === false && guidanceScale > 0) {
		found.push(["guidanceScale", "because this checkpoint was not distilled with it"]);
	}
	if (eta > 0 && !samplerTakesEta(schedulerConfig, scheduler)) {
		found.push(["eta", 'because this sampler does not use it; scheduler: "ddim" does']);
	}
	found.push(...unusedSchedule(schedulerConfig, options), ...unusedSizes(options, guided, reason));
	found.push(...unusedPrompts(pipeline, options, guided, unguided));
	if (options.denoisingEnd === 0) found.push(["denoisingEnd", "at 0, which diffusers takes as the whole schedule"]);
	return found.map(([what, because]) => ({
		code: "option-unused",
		what,
		message: `${what} has no effect ${because}.`,
	}));
}

function unusedLayers(options: GenerateOptions, guided: boolean, reason: string): [keyof GenerateOptions, string][] {
	const { skipGuidanceLayers: layers, skipLayerGuidanceScale: scale } = options;
	const names = ["skipLayerGuidanceScale", "skipLayerGuidanceStart", "skipLayerGuidanceStop"] as const;
	const given = names.filter((name) => options[name] !== undefined);
	if (!layers?.length) return given.map((name) => [name, "without skipGuidanceLayers"]);
	if (!guided) return (["skipGuidanceLayers", ...given] as const).map((name) => [name, reason]);
	return scale === 0 ? [["skipGuidanceLayers", "because skipLayerGuidanceScale is 0"]] : [];
}

function unusedSchedule(config: unknown, options: GenerateOptions): [keyof GenerateOptions, string][] {
	const { numInferenceSteps, timesteps, sigmas, mu } = options;
	const found: [keyof GenerateOptions, string][] = [];
	const given = timesteps ? "timesteps" : "sigmas";
	if (numInferenceSteps !== undefined && options[given]) {
		const steps = new Set(timesteps ? [timesteps.length] : [sigmas!.length, sigmas!.length - 1]);
		if (!steps.has(numInferenceSteps))
			found.push(["numInferenceSteps", `because ${given} sets another number of steps`]);
	}
	const shifts = (config as { use_dynamic_shifting?: unknown } | null)?.use_dynamic_shifting === true;
	if (mu !== undefined && !shifts) found.push(["mu", "because the sampler's file has no use_dynamic_shifting"]);
	return found;
}

/** Prompts for the second and third encoder that no encoder reads. */
function unusedPrompts(
	{ model, encoders, forceZerosForEmptyPrompt }: OpenedPipeline,
	options: GenerateOptions,
	guided: boolean,
	unguided: string,
): [keyof GenerateOptions, string][] {
	const found: [keyof GenerateOptions, string][] = [];
	const zeros = (forceZerosForEmptyPrompt || model.guidance === "distilled") && options.negativePrompt === undefined;
	for (const [i, name] of Object.keys(model.encoders).entries()) {
		if (i === 0) continue;
		const [prompt, negative] = [`prompt${i + 1}`, `negativePrompt${i + 1}`] as [
			keyof GenerateOptions,
			keyof GenerateOptions,
		];
		const absent = `because this checkpoint goes without the encoder ${name}`;
		if (saysSomething(options[prompt]) && !encoders[name]) found.push([prompt, absent]);
		if (!saysSomething(options[negative])) continue;
		if (!encoders[name]) found.push([negative, absent]);
		else if (!guided && !(zeros && model.guidance === "distilled")) found.push([negative, unguided]);
		else if (zeros) found.push([negative, "without a negativePrompt, which may be empty"]);
	}
	return found;
}

/** Whether a prompt is not empty: an empty negative prompt changes nothing. */
function saysSomething(value: unknown): boolean {
	return Array.isArray(value) ? value.some(Boolean) : Boolean(value);
}

/** SDXL's negative sizes: diffusers uses them only when both are given. */
function unusedSizes(options: GenerateOptions, guided: boolean, reason: string): [keyof GenerateOptions, string][] {
	const names = ["negativeOriginalSize", "negativeCropsCoordsTopLeft", "negativeTargetSize"] as const;
	const { negativeOriginalSize, negativeTargetSize } = options;
	const given = names.filter((name) => options[name] !== undefined);
	if (!guided) return given.map((name) => [name, reason]);
	if (negativeOriginalSize && negativeTargetSize) return [];
	return given.map((name) => [name, "without both negativeOriginalSize and negativeTargetSize"]);
}
