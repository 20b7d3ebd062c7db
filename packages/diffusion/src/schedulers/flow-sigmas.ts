import { ArgumentError, shown } from "@drum/tensor";
import type { FlowMatchEulerConfig } from "./config.ts";
import { respaceSigmas } from "./respace-sigmas.ts";
import { linspace } from "./timesteps.ts";

/** What a run of a flow follows from, besides the file. */
export interface FlowRun {
	steps: number;
	/** The levels before they are shifted, one a step; evenly spaced over the trained ones by default. */
	sigmas?: readonly number[] | undefined;
	/** Patches of a picture, for `use_dynamic_shifting`. */
	imageSequenceLength?: number | undefined;
}

type Round = (value: number) => number;

/**
 * The noise levels of a run, falling, without the last 0.
 * @throws ArgumentError where the picture's size is needed and not given, or the levels given are not possible.
 */
export function flowSigmas(config: FlowMatchEulerConfig, { steps, sigmas, imageSequenceLength }: FlowRun): number[] {
	// NumPy's: levels that are given are float32 from the start, those made here are float64 to the end.
	const round: Round = sigmas ? Math.fround : (value) => value;
	if (sigmas) checkSigmas(sigmas, steps);
	const shift = shiftOf(config, imageSequenceLength, round);
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

function shiftOf(config: FlowMatchEulerConfig, imageSequenceLength: number | undefined, round: Round): Round {
	if (!config.use_dynamic_shifting) return (sigma) => shiftBy(config.shift, sigma, round);
	const mu = dynamicShift(config, imageSequenceLength);
	const factor = round(config.time_shift_type === "exponential" ? Math.exp(mu) : mu);
	return (sigma) => round(factor / round(factor + round(round(1 / sigma) - 1)));
}

/** s·σ / (1 + (s − 1)·σ): more steps at high levels where s > 1. */
function shiftBy(shift: number, sigma: number, round: Round): number {
	return round(round(round(shift) * sigma) / round(1 + round(round(shift - 1) * sigma)));
}

/** µ, on the line through (`base_image_seq_len`, `base_shift`) and (`max_image_seq_len`, `max_shift`). */
function dynamicShift(config: FlowMatchEulerConfig, imageSequenceLength: number | undefined): number {
	if (!Number.isInteger(imageSequenceLength) || imageSequenceLength! < 1) {
		throw new ArgumentError({
			what: "imageSequenceLength",
			expected: "the number of patches in a picture, on which this schedule's shift depends",
			found: shown(imageSequenceLength),
		});
	}
	const { base_image_seq_len: base, max_image_seq_len: max, base_shift, max_shift } = config;
	const slope = (max_shift - base_shift) / (max - base);
	return imageSequenceLength! * slope + (base_shift - slope * base);
}

/** Stretched so that the last level is the given one. */
function stretchToTerminal(sigmas: readonly number[], terminal: number, round: Round): number[] {
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

function checkSigmas(sigmas: readonly number[], steps: number): void {
	const falling = sigmas.every((sigma, i) => sigma > 0 && sigma <= (i === 0 ? 1 : sigmas[i - 1]!));
	if (falling && sigmas.length === steps) return;
	throw new ArgumentError({
		what: "sigmas",
		expected: `${steps} numbers within (0, 1], one a step, none above the one before it`,
		found: shown(sigmas),
	});
}
