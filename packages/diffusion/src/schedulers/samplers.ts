import type { ConfigOf, SchedulerClass } from "./config.ts";
import type { Run } from "./run-options.ts";
import type { Scheduler } from "./scheduler.ts";

/** Makes a run's sampler, of its settings. */
export type Sampler<C extends SchedulerClass> = (config: ConfigOf<C>, run: Run) => Scheduler;

/** Samplers by diffusers' classes. Those of one kind are loaded when one of them is first needed: a page draws with one or two. */
const SAMPLERS: { readonly [C in SchedulerClass]: () => Promise<Sampler<C>> } = {
	DDIMScheduler: async () => (await import("./of-timesteps.ts")).ddim,
	DDPMScheduler: async () => (await import("./of-timesteps.ts")).ddpm,
	PNDMScheduler: async () => (await import("./of-timesteps.ts")).pndm,
	LMSDiscreteScheduler: async () => (await import("./of-sigmas.ts")).lms,
	EulerDiscreteScheduler: async () => (await import("./of-sigmas.ts")).euler,
	EulerAncestralDiscreteScheduler: async () => (await import("./of-sigmas.ts")).eulerAncestral,
	HeunDiscreteScheduler: async () => (await import("./of-sigmas.ts")).heun,
	KDPM2DiscreteScheduler: async () => (await import("./of-sigmas.ts")).kdpm2,
	KDPM2AncestralDiscreteScheduler: async () => (await import("./of-sigmas.ts")).kdpm2Ancestral,
	DPMSolverSDEScheduler: async () => (await import("./of-sigmas.ts")).dpmSolverSde,
	DPMSolverMultistepScheduler: async () => (await import("./of-lambdas.ts")).dpmSolverMultistep,
	DPMSolverSinglestepScheduler: async () => (await import("./of-lambdas.ts")).dpmSolverSinglestep,
	DEISMultistepScheduler: async () => (await import("./of-lambdas.ts")).deis,
	UniPCMultistepScheduler: async () => (await import("./of-lambdas.ts")).uniPc,
	SASolverScheduler: async () => (await import("./of-lambdas.ts")).saSolver,
	LCMScheduler: async () => (await import("./of-timesteps.ts")).lcm,
	TCDScheduler: async () => (await import("./of-timesteps.ts")).tcd,
	EDMEulerScheduler: async () => (await import("./of-sigmas.ts")).edmEuler,
	EDMDPMSolverMultistepScheduler: async () => (await import("./of-sigmas.ts")).edmDpm,
	FlowMatchEulerDiscreteScheduler: async () => (await import("./of-flows.ts")).flowMatchEuler,
	FlowMatchHeunDiscreteScheduler: async () => (await import("./of-flows.ts")).flowMatchHeun,
	FlowMatchLCMScheduler: async () => (await import("./of-flows.ts")).flowMatchLcm,
	IPNDMScheduler: async () => (await import("./of-flows.ts")).ipndm,
	CMStochasticIterativeScheduler: async () => (await import("./of-sigmas.ts")).consistency,
};

const loaded = new Map<SchedulerClass, Promise<unknown>>();

/** A class's sampler, loaded once. */
export function samplerOf<C extends SchedulerClass>(name: C): Promise<Sampler<C>> {
	const known = loaded.get(name) as Promise<Sampler<C>> | undefined;
	if (known) return known;
	const sampler = SAMPLERS[name]();
	loaded.set(name, sampler);
	// What could not be fetched may be tried again.
	sampler.catch(() => loaded.delete(name));
	return sampler;
}
