import { latePart } from "@drum/tensor";
import type { ConfigOf, SchedulerClass } from "./config.ts";
import type { Run } from "./run-options.ts";
import type { Scheduler } from "./scheduler.ts";

/** Makes a run's sampler, of its settings. */
export type Sampler<C extends SchedulerClass> = (config: ConfigOf<C>, run: Run) => Scheduler;

/** Samplers by diffusers' classes. Each is loaded when it is first needed: a page draws with one or two. */
const SAMPLERS: { readonly [C in SchedulerClass]: () => Promise<Sampler<C>> } = {
	DDIMScheduler: latePart(async () => (await import("./ddim.ts")).ddim),
	DDPMScheduler: latePart(async () => (await import("./ddpm.ts")).ddpm),
	PNDMScheduler: latePart(async () => (await import("./pndm.ts")).pndm),
	LMSDiscreteScheduler: latePart(async () => (await import("./lms.ts")).lms),
	EulerDiscreteScheduler: latePart(async () => (await import("./euler.ts")).euler),
	EulerAncestralDiscreteScheduler: latePart(async () => (await import("./euler-ancestral.ts")).eulerAncestral),
	HeunDiscreteScheduler: latePart(async () => (await import("./heun.ts")).heun),
	KDPM2DiscreteScheduler: latePart(async () => (await import("./kdpm2.ts")).kdpm2),
	KDPM2AncestralDiscreteScheduler: latePart(async () => (await import("./kdpm2.ts")).kdpm2Ancestral),
	DPMSolverSDEScheduler: latePart(async () => (await import("./dpm-solver-sde.ts")).dpmSolverSde),
	DPMSolverMultistepScheduler: latePart(async () => (await import("./dpm-solver-multistep.ts")).dpmSolverMultistep),
	DPMSolverSinglestepScheduler: latePart(async () => (await import("./dpm-solver-singlestep.ts")).dpmSolverSinglestep),
	DEISMultistepScheduler: latePart(async () => (await import("./deis.ts")).deis),
	UniPCMultistepScheduler: latePart(async () => (await import("./unipc.ts")).uniPc),
	SASolverScheduler: latePart(async () => (await import("./sa-solver.ts")).saSolver),
	LCMScheduler: latePart(async () => (await import("./lcm.ts")).lcm),
	TCDScheduler: latePart(async () => (await import("./tcd.ts")).tcd),
	EDMEulerScheduler: latePart(async () => (await import("./edm.ts")).edmEuler),
	EDMDPMSolverMultistepScheduler: latePart(async () => (await import("./edm.ts")).edmDpm),
	FlowMatchEulerDiscreteScheduler: latePart(async () => (await import("./flow-match-euler.ts")).flowMatchEuler),
	FlowMatchHeunDiscreteScheduler: latePart(async () => (await import("./flow-match-heun.ts")).flowMatchHeun),
	FlowMatchLCMScheduler: latePart(async () => (await import("./flow-match-euler.ts")).flowMatchLcm),
	IPNDMScheduler: latePart(async () => (await import("./ipndm.ts")).ipndm),
	CMStochasticIterativeScheduler: latePart(async () => (await import("./consistency.ts")).consistency),
};

/** A class's sampler, loaded once. */
export function samplerOf<C extends SchedulerClass>(name: C): Promise<Sampler<C>> {
	return SAMPLERS[name]();
}
