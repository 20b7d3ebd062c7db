import { dynamicShift, type ShiftConfig } from "./dynamic-shift.ts";
import { levelOf } from "./level.ts";
import { type NoiseScheduleConfig, trainingSigmas } from "./noise-schedule.ts";
import { type RespacingConfig, respaceSigmas } from "./respace-sigmas.ts";
import type { RunOptions } from "./run-options.ts";
import { interpolateSigmas, sigmaToTimestep } from "./sigmas.ts";
import { linspace, roundHalfEven, spaceTimesteps, type TimestepSpacing } from "./timesteps.ts";

export interface SolverScheduleConfig extends NoiseScheduleConfig, RespacingConfig, ShiftConfig {
	timestep_spacing: TimestepSpacing;
	steps_offset: number;
	lambda_min_clipped?: number | null | undefined;
	use_lu_lambdas?: boolean | null | undefined;
	use_flow_sigmas?: boolean | null | undefined;
	flow_shift: number;
	sigma_min?: number | null | undefined;
	sigma_max?: number | null | undefined;
}

export interface SolverSchedule {
	/** Whole. */
	timesteps: number[];
	/** As many as timesteps, float64. */
	levels: number[];
	/** Whether the levels are those of the timesteps, and not spaced on their own. */
	spaced: boolean;
	/** σ at each training timestep. */
	trained: Float32Array;
}

/** The timesteps and noise levels of solvers in λ. `whole` makes timesteps of Karras's and Lu's levels whole; default: to the nearest. */
export function solverSchedule(
	config: SolverScheduleConfig,
	run: RunOptions,
	whole: (timestep: number) => number = roundHalfEven,
): SolverSchedule {
	const trained = trainingSigmas(config);
	const at = (levels: number[], to: (timestep: number) => number): SolverSchedule => ({
		timesteps: levels.map((sigma) => to(sigmaToTimestep(sigma, trained))),
		levels,
		spaced: false,
		trained,
	});
	const [min, max] = [config.sigma_min ?? trained[0]!, config.sigma_max ?? trained.at(-1)!];
	const respaced = respaceSigmas(config, min, max, run.steps);
	if (config.use_karras_sigmas && respaced) return at(respaced, whole);
	if (config.use_lu_lambdas) return at(luSigmas(trained, run.steps), whole);
	if (respaced) return at(respaced, Math.trunc);
	if (config.use_flow_sigmas) {
		const levels = flowLevels(config, run);
		const timesteps = levels.map((sigma) => Math.trunc(sigma * config.num_train_timesteps));
		return { timesteps, levels, spaced: false, trained };
	}
	const timesteps = run.timesteps ? [...run.timesteps] : spacedTimesteps(config, run.steps, trained);
	return { timesteps, levels: interpolateSigmas(timesteps, trained), spaced: true, trained };
}

function spacedTimesteps(config: SolverScheduleConfig, steps: number, trained: Float32Array): number[] {
	const minimum = config.lambda_min_clipped ?? Number.NEGATIVE_INFINITY;
	return spaceTimesteps({
		spacing: config.timestep_spacing,
		steps,
		trainSteps: config.num_train_timesteps,
		offset: config.steps_offset,
		whole: true,
		usable: trained.findLastIndex((sigma) => levelOf(sigma).lambda >= minimum) + 1,
		withoutLowest: true,
	});
}

/** Evenly spaced in λ: Lu et al., "DPM-Solver", 3.3. */
function luSigmas(trained: Float32Array, steps: number): number[] {
	const [low, high] = [Math.fround(Math.log(trained[0]!)), Math.fround(Math.log(trained.at(-1)!))];
	return linspace(0, 1, steps).map((ramp) => Math.exp(high + ramp * (low - high)));
}

/** A flow's levels, from just below 1, shifted. */
function flowLevels(config: SolverScheduleConfig, run: RunOptions): number[] {
	const shift = config.use_dynamic_shifting ? Math.exp(dynamicShift(config, run)) : config.flow_shift;
	const rising = linspace(1, 1 / config.num_train_timesteps, run.steps + 1).map((alpha) => 1 - alpha);
	const shifted = rising.map((sigma) => (shift * sigma) / (1 + (shift - 1) * sigma));
	return shifted.reverse().slice(0, -1);
}
