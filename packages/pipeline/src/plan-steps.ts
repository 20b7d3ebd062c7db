import { createScheduler, type SchedulerOptions } from "@drum/diffusion";
import type { Warning } from "@drum/tensor";
import { cachePlanning } from "./cache-planning.ts";
import { scheduleOf } from "./configs.ts";
import { type LayerSkip, planLayerSkip } from "./layer-skip.ts";
import type { OpenedPipeline } from "./opened-pipeline.ts";
import type { GenerateOptions } from "./options.ts";
import type { CachePlan } from "./plan-cache.ts";
import { checkPart, unusedSkip } from "./run-part.ts";
import { planStart, type StartPlan } from "./start/plan-start.ts";
import { untilEnd } from "./until-end.ts";

/** The steps of a run, and what each of them does. */
export interface StepsPlan {
	/** Steps of the whole schedule. */
	steps: number;
	/** Options of the scheduler. */
	schedule: Omit<SchedulerOptions, "noise" | "eta" | "name">;
	/** The sampler's randomness, if it has this option. */
	eta: number | undefined;
	/** The picture that the run begins from. Undefined if it begins from noise. */
	start: StartPlan | undefined;
	/** The part of the schedule that runs, 0 to 1. */
	denoisingEnd: number;
	/** Guidance is on between these parts of the steps, 0 to 1. */
	guidedPart: readonly [start: number, end: number];
	/** Blocks that a third prediction skips, in some of the guided steps. */
	layerSkip: LayerSkip | undefined;
	/** How steps reuse work of earlier ones. */
	cache: CachePlan | undefined;
	warnings: readonly Warning[];
}

/** The parts of a call that its steps depend on. */
export interface StepsOf {
	/** The number of the denoiser's patches in the latents. */
	patches: number;
	pictures: number;
	isGuided: boolean;
	/** Options to ignore, because they have no effect. */
	unused: ReadonlySet<string>;
}

/** @throws ArgumentError that names the option which does not fit the sampler, the denoiser or another option */
export async function planSteps(
	pipeline: OpenedPipeline,
	options: GenerateOptions,
	{ patches, pictures, isGuided, unused }: StepsOf,
): Promise<StepsPlan> {
	const { model, denoiser, schedulerConfig } = pipeline;
	const eta = unused.has("eta") ? undefined : options.eta;
	const asked = options.numInferenceSteps ?? model.defaults.numInferenceSteps;
	const whole = {
		...scheduleOf(model, asked, patches),
		timesteps: options.timesteps,
		sigmas: options.sigmas,
		mu: unused.has("mu") ? undefined : options.mu,
		pictures,
	};
	const noise = (size: number) => new Float32Array(size);
	const sampler = { noise, eta, name: options.scheduler };
	const { sigmas, timesteps } = await createScheduler(schedulerConfig, asked, { ...whole, ...sampler });
	const steps = options.timesteps?.length ?? (options.sigmas && sigmas && sigmas.length - 1) ?? asked;
	const start = planStart(pipeline, options, steps);
	const denoisingEnd = options.denoisingEnd || 1;
	const schedule = { ...whole, skippedSteps: start?.skippedSteps };
	const begun = await createScheduler(schedulerConfig, steps, { ...schedule, ...sampler });
	const part = untilEnd(begun, denoisingEnd, schedulerConfig);
	checkPart(part, options);
	const layerSkip = isGuided ? planLayerSkip(options, denoiser, steps - (start?.skippedSteps ?? 0)) : undefined;
	const guidedPart = [options.guidanceStart ?? 0, options.guidanceEnd ?? 1] as const;
	const first = timesteps.length - begun.timesteps.length;
	const run = [first, first + part.timesteps.length] as const;
	const planning = options.cache === undefined ? undefined : await cachePlanning();
	const cache = planning?.planCache(options.cache!, pipeline, timesteps, run);
	const warnings = [
		...unusedSkip(layerSkip, guidedPart, part.timesteps.length),
		...(start?.warnings ?? []),
		...(cache?.warnings ?? []),
	];
	return { steps, schedule, eta, start, denoisingEnd, guidedPart, layerSkip, cache, warnings };
}
