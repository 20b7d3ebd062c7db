import { type NoiseScheduleConfig, trainingSigmas } from "./noise-schedule.ts";
import { type RespacingConfig, respaceSigmas } from "./respace-sigmas.ts";
import type { RunOptions } from "./run-options.ts";
import { interpolateSigmas, sigmaToTimestep } from "./sigmas.ts";
import { spaceTimesteps, type TimestepSpacing } from "./timesteps.ts";

const f32 = Math.fround;

export interface KScheduleConfig extends NoiseScheduleConfig, RespacingConfig {
	timestep_spacing: TimestepSpacing;
	steps_offset: number;
	sigma_min?: number | null | undefined;
	sigma_max?: number | null | undefined;
}

export interface KSchedule {
	/** Fractional, float32. */
	timesteps: number[];
	/** As many as timesteps, float64. */
	levels: number[];
	/** σ at each training timestep. */
	trained: Float32Array;
}

/**
 * The timesteps and noise levels of samplers in σ, whose sample is x₀ + σ·ε. `round` is for timesteps of Karras's levels; `double` leaves
 * timesteps in float64 until they have levels.
 */
export function kSchedule(
	config: KScheduleConfig,
	run: RunOptions,
	{ round = f32, double = false }: { round?: (timestep: number) => number; double?: boolean } = {},
): KSchedule {
	const trained = trainingSigmas(config);
	const spaced = run.timesteps?.map(f32) ?? spacedTimesteps(config, run.steps, double);
	const levels = interpolateSigmas(spaced, trained);
	const [min, max] = [config.sigma_min ?? levels.at(-1)!, config.sigma_max ?? levels[0]!];
	const respaced = respaceSigmas(config, min, max, run.steps);
	if (!respaced) return { timesteps: spaced.map(f32), levels, trained };
	const timestepOf = config.use_karras_sigmas ? round : f32;
	return { timesteps: respaced.map((sigma) => timestepOf(sigmaToTimestep(sigma, trained))), levels: respaced, trained };
}

function spacedTimesteps(config: KScheduleConfig, steps: number, double: boolean): number[] {
	return spaceTimesteps({
		spacing: config.timestep_spacing,
		steps,
		trainSteps: config.num_train_timesteps,
		offset: config.steps_offset,
		whole: false,
		double,
	});
}

/** What a denoiser of these samplers takes: x / √(σ² + 1), of variance 1. */
export function inputShare(sigma: number): number {
	return Math.sqrt(f32(f32(sigma * sigma) + 1));
}

/** The first sample's standard deviation: σ_max, or, where the first timestep is not the last trained one, √(σ_max² + 1). */
export function initialSigma(sigmas: Float32Array, spacing: TimestepSpacing): number {
	const max = sigmas.reduce((a, b) => Math.max(a, b));
	return spacing === "leading" ? f32(Math.sqrt(f32(f32(max * max) + 1))) : max;
}
