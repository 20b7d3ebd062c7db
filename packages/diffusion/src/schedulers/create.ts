import { ArgumentError, CheckpointError } from "@drum/tensor";
import { chooseScheduler, type SchedulerName } from "./choices.ts";
import { type ConfigOf, parseSchedulerConfig, type SchedulerClass } from "./config.ts";
import { ddim } from "./ddim.ts";
import { dpmSolverMultistep } from "./dpm-solver-multistep.ts";
import { euler } from "./euler.ts";
import { eulerAncestral } from "./euler-ancestral.ts";
import { pndm } from "./pndm.ts";
import type { DrawNoise, Scheduler } from "./scheduler.ts";

export interface SchedulerOptions {
	/** Draws the noise that samplers with randomness add: once a step, for the whole sample. */
	noise: DrawNoise;
	/** Randomness of DDIM, from 0 (none, the default) to 1. Other samplers take 0 only. */
	eta?: number | undefined;
	/** A sampler in place of the checkpoint's own; it keeps those of the file's settings that it knows. */
	name?: SchedulerName | undefined;
}

interface Run {
	steps: number;
	eta: number;
	noise: DrawNoise;
}

const SAMPLERS: { readonly [C in SchedulerClass]: (config: ConfigOf<C>, run: Run) => Scheduler } = {
	DDIMScheduler: (config, { steps, eta, noise }) => ddim(config, steps, eta, noise),
	PNDMScheduler: (config, { steps }) => pndm(config, steps),
	EulerDiscreteScheduler: (config, { steps }) => euler(config, steps),
	EulerAncestralDiscreteScheduler: (config, { steps, noise }) => eulerAncestral(config, steps, noise),
	DPMSolverMultistepScheduler: (config, { steps }) => dpmSolverMultistep(config, steps),
};

/**
 * The sampler of one run, from a checkpoint's parsed `scheduler_config.json`: of the class that the file names, or of the
 * named kind in its place, as diffusers' `from_config` does.
 * @param numInferenceSteps From 1 (PNDM that does not skip its Runge-Kutta steps: 4) to the number of training timesteps.
 * @throws ArgumentError for a number of steps, η or a name that is not possible.
 * @throws CheckpointError for a class or a setting that is not supported; it names the field.
 */
export function createScheduler(config: unknown, numInferenceSteps: number, options: SchedulerOptions): Scheduler {
	const { className, settings } = chooseScheduler(config, options.name);
	const { noise, eta = 0 } = options;
	if (!(eta >= 0 && eta <= 1) || (eta > 0 && className !== "DDIMScheduler")) {
		const expected = className === "DDIMScheduler" ? "a number from 0 to 1" : `0, which is all that ${className} takes`;
		throw new ArgumentError({ what: "eta", expected, found: String(eta) });
	}
	return make(className, settings, { steps: numInferenceSteps, eta, noise });
}

function make<C extends SchedulerClass>(name: C, settings: Readonly<Record<string, unknown>>, run: Run): Scheduler {
	const config = parseSchedulerConfig(name, settings);
	const { num_train_timesteps: trainSteps, trained_betas } = config;
	if (trained_betas && trained_betas.length !== trainSteps) {
		throw new CheckpointError({
			what: "trained_betas in scheduler_config.json",
			expected: `${trainSteps} numbers, one for each of num_train_timesteps`,
			found: String(trained_betas.length),
		});
	}
	const fewest = "skip_prk_steps" in config && !config.skip_prk_steps ? 4 : 1;
	if (!Number.isInteger(run.steps) || run.steps < fewest || run.steps > trainSteps) {
		const expected = `a whole number from ${fewest} to ${trainSteps}`;
		throw new ArgumentError({ what: "numInferenceSteps", expected, found: String(run.steps) });
	}
	const scheduler = SAMPLERS[name](config, run);
	const first = scheduler.timesteps[0]!;
	if (first >= trainSteps) {
		throw new ArgumentError({
			what: "numInferenceSteps",
			expected: `fewer steps: the first timestep would be ${first}, the last trained one is ${trainSteps - 1}`,
			found: String(run.steps),
		});
	}
	return scheduler;
}
