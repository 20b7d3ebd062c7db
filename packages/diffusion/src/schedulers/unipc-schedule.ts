import type { UniPcConfig } from "./config.ts";
import { dynamicShift } from "./dynamic-shift.ts";
import { stretchToTerminal } from "./flow-sigmas.ts";
import type { RunOptions } from "./run-options.ts";
import { solverSchedule } from "./solver-schedule.ts";
import { linspace } from "./timesteps.ts";

/** Levels just below 1, where log α of a flow is −∞. */
const HIGHEST = 1e-6;

/** UniPC's timesteps, and levels with a last one after them; where they are a flow's, both are spaced as the class alone does. */
export function uniPcSchedule(config: UniPcConfig, run: RunOptions): { timesteps: number[]; sigmas: Float32Array } {
	const { trained, ...schedule } = solverSchedule({ ...config, use_flow_sigmas: false }, run);
	if (!config.use_flow_sigmas || (!schedule.spaced && !config.use_karras_sigmas)) {
		const lowest = schedule.spaced ? trained[0]! : schedule.levels.at(-1)!;
		return { timesteps: schedule.timesteps, sigmas: withLast(config, schedule.levels, lowest) };
	}
	const levels = schedule.spaced ? flowLevels(config, run) : schedule.levels.map((sigma) => sigma / (sigma + 1));
	const timesteps = levels.map((sigma) => Math.trunc(sigma * config.num_train_timesteps));
	return { timesteps, sigmas: withLast(config, levels, levels.at(-1)!) };
}

function flowLevels(config: UniPcConfig, run: RunOptions): number[] {
	const even = linspace(1, 1 / config.num_train_timesteps, run.steps + 1).slice(0, -1);
	const shifted = [...(run.sigmas ?? even)].map(shiftOf(config, run));
	const levels = config.shift_terminal ? stretchToTerminal(shifted, config.shift_terminal, (value) => value) : shifted;
	return levels.map((sigma, i) => (i === 0 && Math.abs(sigma - 1) < HIGHEST ? sigma - HIGHEST : sigma));
}

function shiftOf(config: UniPcConfig, run: RunOptions): (sigma: number) => number {
	const { flow_shift: shift } = config;
	if (!config.use_dynamic_shifting) return (sigma) => (shift * sigma) / (1 + (shift - 1) * sigma);
	const mu = dynamicShift(config, run);
	const factor = config.time_shift_type === "exponential" ? Math.exp(mu) : mu;
	return (sigma) => factor / (factor + (1 / sigma - 1));
}

function withLast(config: UniPcConfig, levels: readonly number[], lowest: number): Float32Array {
	return Float32Array.from([...levels, config.final_sigmas_type === "zero" ? 0 : lowest]);
}
