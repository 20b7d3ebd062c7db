import { ArgumentError, CheckpointError, checkNames, namesOf, shown } from "@drum/tensor";
import { type Choice, chooseScheduler, ETA_CLASSES, type SchedulerName } from "./choices.ts";
import { type ConfigOf, parseSchedulerConfig, type SchedulerClass } from "./config.ts";
import { ddim } from "./ddim.ts";
import { dpmSolverMultistep } from "./dpm-solver-multistep.ts";
import { euler } from "./euler.ts";
import { eulerAncestral } from "./euler-ancestral.ts";
import { flowMatchEuler } from "./flow-match-euler.ts";
import type { FlowRun } from "./flow-sigmas.ts";
import { pndm } from "./pndm.ts";
import type { DrawNoise, Scheduler } from "./scheduler.ts";

export interface SchedulerOptions {
	/** Draws the noise that samplers with randomness add: once a step, for the whole sample. */
	noise: DrawNoise;
	/** Randomness of DDIM, from 0 (none, the default) to 1. Other samplers take 0 only. */
	eta?: number | undefined;
	/** A sampler in place of the checkpoint's own; it keeps those of the file's settings that it knows. */
	name?: SchedulerName | undefined;
	/**
	 * Noise levels of a flow, one a step, falling within (0, 1], before the file's shift, such as FLUX's 1, 1 − 1/steps … 1/steps.
	 * Default: the schedule's own, as Stable Diffusion 3 has it. Other samplers take none.
	 */
	sigmas?: readonly number[] | undefined;
	/** Patches of a picture, for a flow whose file has `use_dynamic_shifting`; other samplers do not heed it. */
	imageSequenceLength?: number | undefined;
}

const OPTIONS = namesOf<SchedulerOptions>({
	noise: true,
	eta: true,
	name: true,
	sigmas: true,
	imageSequenceLength: true,
});

interface Run extends FlowRun {
	eta: number;
	noise: DrawNoise;
}

const SAMPLERS: { readonly [C in SchedulerClass]: (config: ConfigOf<C>, run: Run) => Scheduler } = {
	DDIMScheduler: (config, { steps, eta, noise }) => ddim(config, steps, eta, noise),
	PNDMScheduler: (config, { steps }) => pndm(config, steps),
	EulerDiscreteScheduler: (config, { steps }) => euler(config, steps),
	EulerAncestralDiscreteScheduler: (config, { steps, noise }) => eulerAncestral(config, steps, noise),
	DPMSolverMultistepScheduler: (config, { steps }) => dpmSolverMultistep(config, steps),
	FlowMatchEulerDiscreteScheduler: (config, run) => flowMatchEuler(config, run, run.noise),
};

/**
 * The sampler of one run, from a checkpoint's parsed `scheduler_config.json`: of the class that the file names, or of the
 * named kind in its place, as diffusers' `from_config` does.
 * @param numInferenceSteps From 1 (PNDM that does not skip its Runge-Kutta steps: 4) to the number of training timesteps.
 * @throws ArgumentError for a number of steps, η, noise levels or a name that is not possible, and where a flow's schedule
 * depends on `imageSequenceLength` and has none.
 * @throws CheckpointError for a class or a setting that is not supported; it names the field.
 */
export function createScheduler(config: unknown, numInferenceSteps: number, options: SchedulerOptions): Scheduler {
	checkNames("createScheduler", options, OPTIONS);
	const choice = chooseScheduler(config, options.name);
	const { className } = choice;
	const { noise, eta = 0, sigmas, imageSequenceLength } = options;
	if (!(eta >= 0 && eta <= 1) || (eta > 0 && !ETA_CLASSES.has(className))) {
		const expected = ETA_CLASSES.has(className) ? "a number from 0 to 1" : `0, which is all that ${className} takes`;
		throw new ArgumentError({ what: "eta", expected, found: shown(eta) });
	}
	if (sigmas && className !== "FlowMatchEulerDiscreteScheduler") {
		throw new ArgumentError({
			what: "sigmas",
			expected: `none, because ${className} has its own`,
			found: shown(sigmas),
		});
	}
	return make(className, choice, { steps: numInferenceSteps, eta, noise, sigmas, imageSequenceLength });
}

function make<C extends SchedulerClass>(name: C, { settings, names }: Choice, run: Run): Scheduler {
	const config = parseSchedulerConfig(name, settings, names);
	const trainSteps = config.num_train_timesteps;
	checkBetas(config, trainSteps);
	const fewest = "skip_prk_steps" in config && !config.skip_prk_steps ? 4 : 1;
	if (!Number.isInteger(run.steps) || run.steps < fewest || run.steps > trainSteps) {
		const expected = `a whole number from ${fewest} to ${trainSteps}`;
		throw new ArgumentError({ what: "numInferenceSteps", expected, found: shown(run.steps) });
	}
	const scheduler = SAMPLERS[name](config, run);
	const first = scheduler.timesteps[0]!;
	// A flow has no place past its noise: rounding alone can put its first timestep above 1000.
	const countsTimesteps = name !== "FlowMatchEulerDiscreteScheduler";
	if (countsTimesteps && first >= trainSteps) {
		throw new ArgumentError({
			what: "numInferenceSteps",
			expected: `fewer steps: the first timestep would be ${first}, the last trained one is ${trainSteps - 1}`,
			found: String(run.steps),
		});
	}
	return scheduler;
}

function checkBetas(config: object, trainSteps: number): void {
	if (!("trained_betas" in config) || !Array.isArray(config.trained_betas)) return;
	if (config.trained_betas.length === trainSteps) return;
	throw new CheckpointError({
		what: "trained_betas in scheduler_config.json",
		expected: `${trainSteps} numbers, one for each of num_train_timesteps`,
		found: String(config.trained_betas.length),
	});
}
