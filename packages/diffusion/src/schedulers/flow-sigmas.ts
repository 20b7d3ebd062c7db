import { ArgumentError } from "@drum/tensor";
import type { FlowMatchEulerConfig } from "./config.ts";
import { dynamicShift } from "./dynamic-shift.ts";
import { respaceSigmas } from "./respace-sigmas.ts";
import type { RunOptions } from "./run-options.ts";
import { linspace } from "./timesteps.ts";

type Round = (value: number) => number;

/**
 * The noise levels of a run, falling, without the last 0.
 * @throws ArgumentError where the picture's size is needed and not given, or the levels given are not possible.
 */
export function flowSigmas(config: FlowMatchEulerConfig, run: RunOptions): number[] {
	const { steps, sigmas } = run;
	// NumPy's: levels that are given are float32 from the start, those made here are float64 to the end.
	const round: Round = sigmas ? Math.fround : (value) => value;
	const shift = shiftOf(config, run, round);
	const shifted = (sigmas?.map(round) ?? spacedSigmas(config, steps)).map(shift);
	const levels = config.shift_terminal ? stretchToTerminal(shifted, config.shift_terminal, round) : shifted;
	return respaceSigmas(config, levels.at(-1)!, levels[0]!, steps) ?? levels;
}

/** Evenly from the highest trained level to the lowest, which a constant shift has shifted already. */
function spacedSigmas(config: FlowMatchEulerConfig, steps: number): number[] {
	const { num_train_timesteps: trainSteps, use_dynamic_shifting, shift } = config;
	const trained = use_dynamic_shifting ? Math.fround : (sigma: number) => shiftBy(shift, sigma, Math.fround);
	const [max, min] = [trained(1), trained(Math.fround(1 / trainSteps))];
	return linspace(max * trainSteps, min * trainSteps, steps).map((timestep) => timestep / trainSteps);
}

function shiftOf(config: FlowMatchEulerConfig, run: RunOptions, round: Round): Round {
	if (!config.use_dynamic_shifting) return (sigma) => shiftBy(config.shift, sigma, round);
	const mu = dynamicShift(config, run);
	const factor = round(config.time_shift_type === "exponential" ? Math.exp(mu) : mu);
	return (sigma) => round(factor / round(factor + round(round(1 / sigma) - 1)));
}

/** s·σ / (1 + (s − 1)·σ): more steps at high levels where s > 1. */
function shiftBy(shift: number, sigma: number, round: Round): number {
	return round(round(round(shift) * sigma) / round(1 + round(round(shift - 1) * sigma)));
}

/** Stretched so that the last level is the given one. */
export function stretchToTerminal(sigmas: readonly number[], terminal: number, round: Round): number[] {
	const factor = round(round(1 - sigmas.at(-1)!) / round(1 - terminal));
	if (factor === 0) {
		throw new ArgumentError({
			what: "numInferenceSteps",
			expected: "at least 2: this schedule has a shift_terminal, and one step would end where it begins",
			found: String(sigmas.length),
		});
	}
	return sigmas.map((sigma) => round(1 - round(round(1 - sigma) / factor)));
}
