import { ArgumentError, CheckpointError, checkNames, namesOf, shown } from "@drum/tensor";
import { checkSteps } from "./check-steps.ts";
import { chooseScheduler, ETA_CLASSES, type SchedulerName } from "./choices.ts";
import type { ConfigOf, SchedulerClass } from "./config.ts";
import { type GivenSchedule, givenSteps, takesSigmas } from "./given-schedule.ts";
import { parseSchedulerConfig } from "./read-settings.ts";
import type { Run } from "./run-options.ts";
import { type Sampler, samplerOf } from "./samplers.ts";
import type { DrawNoise, Scheduler } from "./scheduler.ts";

export interface SchedulerOptions extends GivenSchedule {
	/** Draws the noise that samplers with randomness add: at most once a call, for the whole sample. */
	noise: DrawNoise;
	/**
	 * Draws seeds of a Brownian motion, from 0, for "dpm++sde" without a `noise_sampler_seed`: one, or one for each picture. At most once a run.
	 */
	entropy?: (() => readonly bigint[]) | undefined;
	/** Randomness of DDIM and TCD, from 0 (none, the default) to 1. Other samplers take 0 only. */
	eta?: number | undefined;
	/** A sampler in place of the checkpoint's own; it takes over those settings that the file names and it knows. */
	name?: SchedulerName | undefined;
	/** A schedule of the caller's, in place of `numInferenceSteps`: timesteps, falling, for the samplers that take them. */
	timesteps?: readonly number[] | undefined;
	/**
	 * The same as noise levels, falling: of Euler's, one a step and a last one after them, often 0; of a flow's, one a step, within
	 * (0, 1], before the file's shift.
	 */
	sigmas?: readonly number[] | undefined;
	/** The levels that a pipeline gives where the caller gives none, such as FLUX's 1, 1 − 1/steps … 1/steps; samplers that take none have their own. */
	defaultSigmas?: readonly number[] | undefined;
	/** A flow's shift, in place of the one that follows from the picture's size, for a file that has `use_dynamic_shifting`. */
	mu?: number | undefined;
	/** Patches of a picture, for a flow whose file has `use_dynamic_shifting`; other samplers do not heed it. */
	imageSequenceLength?: number | undefined;
	/** Steps left out before the first of the run, as where it begins from a picture: fewer than there are. Default 0. */
	skippedSteps?: number | undefined;
	/** Pictures in one sample, for `thresholding`, which limits each by itself. Default 1. */
	pictures?: number | undefined;
}

const OPTIONS = namesOf<SchedulerOptions>({
	noise: true,
	entropy: true,
	eta: true,
	name: true,
	timesteps: true,
	sigmas: true,
	defaultSigmas: true,
	mu: true,
	imageSequenceLength: true,
	skippedSteps: true,
	pictures: true,
});

/** Classes whose steps are two calls of the denoiser each, but the last. */
const TWO_CALLS: ReadonlySet<SchedulerClass> = new Set([
	"HeunDiscreteScheduler",
	"KDPM2DiscreteScheduler",
	"KDPM2AncestralDiscreteScheduler",
	"DPMSolverSDEScheduler",
	"FlowMatchHeunDiscreteScheduler",
]);

/**
 * The sampler of one run, from a checkpoint's parsed `scheduler_config.json`: of the class that the file names, or of the
 * named kind in its place, as diffusers' `from_config` does.
 * @param numInferenceSteps From 1 (PNDM that does not skip its Runge-Kutta steps: 4) to the number of training timesteps; not looked
 * at where the schedule is given.
 * @throws ArgumentError for a number of steps, a schedule, η or a name that is not possible, and where a flow's schedule
 * depends on `imageSequenceLength` and has none.
 * @throws CheckpointError for a class or a setting that is not supported; it names the field.
 */
export async function createScheduler(
	config: unknown,
	numInferenceSteps: number,
	options: SchedulerOptions,
): Promise<Scheduler> {
	checkNames("createScheduler", options, OPTIONS);
	const { className, settings, names } = chooseScheduler(config, options.name);
	checkEta(className, options.eta);
	const parsed = parseSchedulerConfig(className, settings, names);
	return make(className, await samplerOf(className), parsed, numInferenceSteps, options);
}

/**
 * Loads the code of a sampler, after which `createScheduler` has nothing to wait for.
 * @throws as `createScheduler` for a name or a class
 */
export async function loadSampler(config: unknown, name?: SchedulerName): Promise<void> {
	await samplerOf(chooseScheduler(config, name).className);
}

function make<C extends SchedulerClass>(
	name: C,
	sampler: Sampler<C>,
	config: ConfigOf<C>,
	asked: number,
	options: SchedulerOptions,
): Scheduler {
	const { noise, entropy = needEntropy, eta = 0, pictures = 1, skippedSteps = 0, defaultSigmas, ...given } = options;
	const trainSteps = config.num_train_timesteps;
	checkBetas(config, trainSteps);
	const steps = givenSteps(name, config, given) ?? asked;
	if (!given.timesteps && !given.sigmas) checkCount(config, steps);
	const sigmas =
		given.sigmas ?? (takesSigmas(name, config) && !isOn(config, "use_flow_sigmas") ? defaultSigmas : undefined);
	checkSkipped(skippedSteps, steps);
	const firstCall = skippedSteps * (TWO_CALLS.has(name) ? 2 : 1);
	const run: Run = { ...given, steps, sigmas, eta, noise, entropy, pictures, firstCall };
	const scheduler = sampler(config, run);
	const first = scheduler.timesteps[0]!;
	// A flow has no place past its noise: rounding alone can put its first timestep above 1000.
	if ("beta_schedule" in config && !isOn(config, "use_flow_sigmas") && first >= trainSteps) {
		throw new ArgumentError({
			what: "numInferenceSteps",
			expected: `fewer steps: the first timestep would be ${first}, the last trained one is ${trainSteps - 1}`,
			found: shown(steps),
		});
	}
	const silence = { noise: (size: number) => new Float32Array(size), entropy: () => [] };
	const silent: Run = { ...run, ...silence, firstCall: 0, pictures: 1 };
	checkSteps(sampler(config, silent), config, given);
	return firstCall === 0 ? scheduler : from(firstCall, scheduler);
}

/** The calls of a schedule from one on, counted from 0. */
function from(first: number, scheduler: Scheduler): Scheduler {
	return {
		...scheduler,
		timesteps: scheduler.timesteps.slice(first),
		...(scheduler.sigmas && { sigmas: scheduler.sigmas.slice(first) }),
		scaleModelInput: (sample, i) => scheduler.scaleModelInput(sample, first + i),
		addNoise: (original, noise, i) => scheduler.addNoise(original, noise, first + i),
		step: (modelOutput, i, sample) => scheduler.step(modelOutput, first + i, sample),
	};
}

function checkSkipped(skipped: number, steps: number): void {
	if (Number.isInteger(skipped) && skipped >= 0 && skipped < steps) return;
	const expected = `a whole number from 0 to ${steps - 1}`;
	throw new ArgumentError({ what: "skippedSteps", expected, found: shown(skipped) });
}

function needEntropy(): never {
	throw new ArgumentError({ what: "entropy", expected: "a draw of seeds for this sampler", found: "none" });
}

function checkEta(name: SchedulerClass, eta = 0): void {
	if (eta >= 0 && eta <= 1 && (eta === 0 || ETA_CLASSES.has(name))) return;
	const expected = ETA_CLASSES.has(name) ? "a number from 0 to 1" : `0, which is all that ${name} takes`;
	throw new ArgumentError({ what: "eta", expected, found: shown(eta) });
}

function checkCount(config: { num_train_timesteps: number }, steps: number): void {
	const fewest = "skip_prk_steps" in config && !config.skip_prk_steps ? 4 : 1;
	if (Number.isInteger(steps) && steps >= fewest && steps <= config.num_train_timesteps) return;
	const expected = `a whole number from ${fewest} to ${config.num_train_timesteps}`;
	throw new ArgumentError({ what: "numInferenceSteps", expected, found: shown(steps) });
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

function isOn(config: object, setting: string): boolean {
	return (config as Record<string, unknown>)[setting] === true;
}
