import { BrownianTree } from "./brownian-tree.ts";
import type { DpmSdeConfig } from "./config.ts";
import { ancestralLevels } from "./euler-ancestral.ts";
import { doubled } from "./heun.ts";
import { initialSigma, kSchedule } from "./k-schedule.ts";
import { denoise } from "./prediction.ts";
import type { Run } from "./run-options.ts";
import { explodingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { sigmaToTimestep } from "./sigmas.ts";
import { add, divide, scale, subtract } from "./vector.ts";

const f32 = Math.fround;
/** Between a level and its place in log-time, −ln σ. */
const timeOf = (sigma: number) => f32(-Math.log(sigma));
const levelOf = (time: number) => f32(Math.exp(-time));

/**
 * k-diffusion's DPM-Solver++ (SDE): a call in the middle of each step, in log σ, and noise of one Brownian motion over all levels, so
 * that runs of more steps refine those of fewer. Its seed is the file's `noise_sampler_seed`, else drawn from the run's generator at the
 * first step, as PyTorch's global generator would be.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_dpmsolver_sde.py
 */
export function dpmSolverSde(config: DpmSdeConfig, run: Run): Scheduler {
	const { timesteps, levels, trained } = kSchedule(config, run, { double: true });
	const sigmas = doubled(levels);
	const middles = levels.slice(0, -1).map((sigma, k) => {
		const [from, to] = [-Math.log(sigma), -Math.log(levels[k + 1]!)];
		return sigmaToTimestep(Math.exp(-(from + (to - from) * 0.5)), trained);
	});
	const middleOf = (i: number) => {
		const [from, to] = [timeOf(sigmas[i]!), timeOf(sigmas[i + 1]!)];
		return f32(from + f32(f32(to - from) * 0.5));
	};
	const levelAt = (i: number) => (i % 2 === 0 ? sigmas[i]! : levelOf(middleOf(i - 1)));
	let trees: readonly BrownianTree[] | undefined;
	/** Unit noise of the motion between two levels. */
	const noise = (from: number, to: number, size: number): Float32Array => {
		trees ??= treesOf(config, run, sigmas, size);
		const both = new Float32Array(size);
		for (const [i, tree] of trees.entries()) both.set(tree.increment(to, from), (i * size) / trees.length);
		// Levels fall: the motion is walked backwards.
		return divide(scale(-1, both), Math.sqrt(Math.abs(f32(to - from))));
	};
	let start: Float32Array | undefined;
	return {
		timesteps: timesteps.flatMap((t, k) => (k === 0 ? [t] : [middles[k - 1]!, t])),
		sigmas,
		...explodingVariance(levelAt, initialSigma(sigmas, config.timestep_spacing)),
		// diffusers adds the next whole step's noise in the middle of a step too.
		addNoise: (original, noise, i) => add(original, scale(sigmas[i]!, noise)),
		step(modelOutput, i, sample) {
			const predOriginalSample = denoise(config.prediction_type, modelOutput, sample, levelAt(i));
			const first = i - (i % 2);
			const [sigma, next] = [sigmas[first]!, sigmas[first + 1]!];
			if (next === 0) {
				const derivative = divide(subtract(sample, predOriginalSample), sigma);
				return { prevSample: add(sample, scale(-sigma, derivative)), predOriginalSample };
			}
			const time = timeOf(sigma);
			const [from, to] = [levelOf(time), levelOf(i === first ? middleOf(first) : timeOf(next))];
			const { down, up } = ancestralLevels(from, to);
			const downTime = timeOf(down);
			const base = start ?? sample;
			start = i === first ? sample : undefined;
			const lower = subtract(
				scale(levelOf(downTime) / from, base),
				scale(Math.expm1(f32(time - downTime)), predOriginalSample),
			);
			return { prevSample: add(lower, scale(up, noise(from, to, sample.length))), predOriginalSample };
		},
	};
}

/** One motion for all pictures of a run's one seed, or one for each that has a seed of its own. */
function treesOf(config: DpmSdeConfig, run: Run, sigmas: Float32Array, size: number): readonly BrownianTree[] {
	const seeds = config.noise_sampler_seed == null ? run.entropy() : [BigInt(config.noise_sampler_seed)];
	const [low, high] = [sigmas.at(-2)!, sigmas[0]!];
	return seeds.map((seed) => new BrownianTree(low, high, size / seeds.length, seed));
}
