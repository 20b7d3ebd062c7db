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

/** Which steps a run takes, and what each of them does. */
export interface StepsPlan {
	/** Of the whole schedule. */
	steps: number;
	/** What the scheduler gets of the run. */
	schedule: Omit<SchedulerOptions, "noise" | "eta" | "name">;
	/** Randomness of a sampler that has one. */
	eta: number | undefined;
	/** The picture that the run begins from; undefined where it begins from noise. */
	start: StartPlan | undefined;
	/** Part of the schedule that is run. */
	denoisingEnd: number;
	/** The parts of the steps between which guidance is on. */
	guidedPart: readonly [start: number, end: number];
	/** Blocks that a third prediction goes without, in some of the guided steps. */
	layerSkip: LayerSkip | undefined;
	/** How work of earlier steps is taken again. */
	cache: CachePlan | undefined;
	warnings: readonly Warning[];
}

/** What of a call the steps depend on. */
export interface StepsOf {
	/** Of the latents, in the denoiser's patches. */
	patches: number;
	pictures: number;
	isGuided: boolean;
	/** Options that have no effect: they are not heeded. */
	unused: ReadonlySet<string>;
}

/** @throws ArgumentError naming the option that does not go with the sampler, with the denoiser, or with another. */
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
