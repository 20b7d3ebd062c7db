import { ArgumentError, shown } from "@drum/tensor";
import type { SchedulerClass } from "./config.ts";

/** Classes whose schedule a caller can give as timesteps; `whole` ones only, or also between the trained ones. */
const TIMESTEPS: { readonly [C in SchedulerClass]?: "whole" | "any" } = {
	DDPMScheduler: "whole",
	EulerDiscreteScheduler: "any",
	HeunDiscreteScheduler: "any",
	DPMSolverMultistepScheduler: "whole",
	DPMSolverSinglestepScheduler: "whole",
	LCMScheduler: "whole",
	TCDScheduler: "whole",
	CMStochasticIterativeScheduler: "whole",
};

/** Classes whose schedule a caller can give as noise levels: of a diffusion, with a last one, often 0, after those of the steps; or of a flow. */
const SIGMAS: { readonly [C in SchedulerClass]?: "diffusion" | "flow" } = {
	EulerDiscreteScheduler: "diffusion",
	UniPCMultistepScheduler: "flow",
	FlowMatchEulerDiscreteScheduler: "flow",
	FlowMatchLCMScheduler: "flow",
};

/** Settings that space levels in a way of their own: no timesteps can be given with them. */
const SPACINGS = [
	"use_karras_sigmas",
	"use_exponential_sigmas",
	"use_beta_sigmas",
	"use_lu_lambdas",
	"use_flow_sigmas",
];

export interface GivenSchedule {
	timesteps?: readonly number[] | undefined;
	sigmas?: readonly number[] | undefined;
	mu?: number | undefined;
}

/** Whether the class, with these settings, takes noise levels. */
export function takesSigmas(name: SchedulerClass, config: object): boolean {
	return name === "UniPCMultistepScheduler" ? isOn(config, "use_flow_sigmas") : SIGMAS[name] !== undefined;
}

/**
 * The number of steps of a schedule that a caller gives; undefined where none is given.
 * @throws ArgumentError that names the sampler where it takes no such schedule, or the numbers where they are none.
 */
export function givenSteps(name: SchedulerClass, config: object, given: GivenSchedule): number | undefined {
	const { timesteps, sigmas, mu } = given;
	if (mu !== undefined) checkShift(name, config, mu);
	if (timesteps !== undefined && sigmas !== undefined) {
		throw new ArgumentError({ what: "timesteps and sigmas", expected: "one of them", found: "both" });
	}
	if (timesteps !== undefined) return checkTimesteps(name, config, timesteps);
	return sigmas === undefined ? undefined : checkSigmas(name, config, sigmas);
}

function checkTimesteps(name: SchedulerClass, config: object, timesteps: readonly number[]): number {
	const kind = TIMESTEPS[name];
	const what = "timesteps";
	if (!kind)
		throw new ArgumentError({ what, expected: `none with ${name}`, found: shown(timesteps), next: nextFor(TIMESTEPS) });
	const spacing = SPACINGS.find((setting) => isOn(config, setting));
	const continuous =
		hasValue(config, "timestep_type", "continuous") && hasValue(config, "prediction_type", "v_prediction");
	const because = spacing ?? (continuous ? "timestep_type" : undefined);
	if (because) {
		const expected = `none with ${because} in scheduler_config.json`;
		throw new ArgumentError({ what, expected, found: shown(timesteps) });
	}
	const last = Number((config as { num_train_timesteps?: unknown }).num_train_timesteps) - 1;
	const fits = (t: number, i: number) =>
		(kind === "any" ? Number.isFinite(t) : Number.isInteger(t)) &&
		t >= 0 &&
		t <= last &&
		(i === 0 || t < timesteps[i - 1]!);
	if (!isList(timesteps) || !timesteps.every(fits)) {
		const numbers = kind === "any" ? "numbers" : "whole numbers";
		throw new ArgumentError({ what, expected: `${numbers} from ${last} to 0, falling`, found: shown(timesteps) });
	}
	return timesteps.length;
}

function checkSigmas(name: SchedulerClass, config: object, sigmas: readonly number[]): number {
	const what = "sigmas";
	if (!takesSigmas(name, config)) {
		throw new ArgumentError({ what, expected: `none with ${name}`, found: shown(sigmas), next: nextFor(SIGMAS) });
	}
	const flow = SIGMAS[name] === "flow";
	const most = flow ? 1 : 1e6;
	const fits = (sigma: number, i: number) => {
		const least = flow || i < sigmas.length - 1 ? sigma > 0 : sigma >= 0;
		return least && sigma <= (i === 0 ? most : sigmas[i - 1]!);
	};
	if (!isList(sigmas) || sigmas.length < (flow ? 1 : 2) || !sigmas.every(fits)) {
		const expected = flow
			? "numbers within (0, 1], one a step, none above the one before it"
			: "numbers above 0, one a step, and a last one, often 0, none above the one before it";
		throw new ArgumentError({ what, expected, found: shown(sigmas) });
	}
	return flow ? sigmas.length : sigmas.length - 1;
}

/** µ is the exponent of a shift: above 50 all levels are 1. */
function checkShift(name: SchedulerClass, config: object, mu: number): void {
	const what = "mu";
	if (!isOn(config, "use_dynamic_shifting")) {
		const expected = `none with ${name}, unless use_dynamic_shifting is true in scheduler_config.json`;
		throw new ArgumentError({ what, expected, found: shown(mu) });
	}
	if (Math.abs(mu) <= 50) return;
	throw new ArgumentError({ what, expected: "a number from −50 to 50", found: shown(mu) });
}

function isList(values: readonly number[]): boolean {
	return Array.isArray(values) && values.length > 0 && values.length <= 1000;
}

function isOn(config: object, setting: string): boolean {
	return hasValue(config, setting, true);
}

function hasValue(config: object, setting: string, value: unknown): boolean {
	return (config as Record<string, unknown>)[setting] === value;
}

function nextFor(table: object): string {
	return `Samplers that take it: ${Object.keys(table).join(", ")}`;
}
