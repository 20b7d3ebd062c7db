import type { Kdpm2Config } from "./config.ts";
import { ancestralLevels } from "./euler-ancestral.ts";
import { doubled } from "./heun.ts";
import { initialSigma, kSchedule } from "./k-schedule.ts";
import { denoise } from "./prediction.ts";
import type { Run } from "./run-options.ts";
import { explodingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { sigmaToTimestep } from "./sigmas.ts";
import { roundHalfEven } from "./timesteps.ts";
import { add, divide, scale, subtract } from "./vector.ts";

const f32 = Math.fround;

/** Where a step goes, besides its first level. */
interface Target {
	/** The level of its second call; 0 for the last step, which has none. */
	middle: number;
	/** Where its second call leads, before noise. */
	down: number;
	/** The noise that is added then. */
	up: number;
}

/**
 * DPM-Solver-2 as k-diffusion has it: a call in the middle of each step, in log σ, gives the direction of the whole.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_k_dpm_2_discrete.py
 */
export function kdpm2(config: Kdpm2Config, run: Run): Scheduler {
	return midpointSampler(config, run, (from, to) => ({ middle: geometricMean(from, to), down: to, up: 0 }));
}

/**
 * The same down to σ_down, then noise back up to the next level, drawn once a step of two calls.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_k_dpm_2_ancestral_discrete.py
 */
export function kdpm2Ancestral(config: Kdpm2Config, run: Run): Scheduler {
	return midpointSampler(config, run, (from, to) => {
		const { down, up } = ancestralLevels(from, to);
		return { middle: geometricMean(from, down), down, up };
	});
}

function midpointSampler(config: Kdpm2Config, run: Run, targetOf: (from: number, to: number) => Target): Scheduler {
	const { timesteps, levels, trained } = kSchedule(config, run, { round: roundHalfEven });
	const sigmas = Float32Array.from([...levels, 0]);
	const targets = levels.map((_, k) => targetOf(sigmas[k]!, sigmas[k + 1]!));
	const middles = targets.slice(0, -1).map(({ middle }) => sigmaToTimestep(middle, trained));
	const levelAt = (i: number) => (i % 2 === 0 ? sigmas[i / 2]! : targets[(i - 1) / 2]!.middle);
	// diffusers adds the next whole step's noise in the middle of a step too.
	const added = doubled(levels);
	let start: Float32Array | undefined;
	return {
		timesteps: timesteps.flatMap((t, k) => (k === 0 ? [t] : [middles[k - 1]!, t])),
		sigmas: added,
		...explodingVariance(levelAt, initialSigma(sigmas, config.timestep_spacing)),
		addNoise: (original, noise, i) => add(original, scale(added[i]!, noise)),
		step(modelOutput, i, sample) {
			const level = levelAt(i);
			const k = Math.floor(i / 2);
			const { middle, down, up } = targets[k]!;
			const predOriginalSample = denoise(config.prediction_type, modelOutput, sample, level);
			const derivative = divide(subtract(sample, predOriginalSample), level);
			if (!start) {
				start = sample;
				return { prevSample: add(sample, scale(middle - level, derivative)), predOriginalSample };
			}
			const lower = add(start, scale(down - sigmas[k]!, derivative));
			start = undefined;
			const noisy = targetOf(2, 1).up > 0;
			const prevSample = noisy ? add(lower, scale(up, run.noise(sample.length))) : lower;
			return { prevSample, predOriginalSample };
		},
	};
}

/** √(a·b), by logarithms; 0 where one is. */
function geometricMean(a: number, b: number): number {
	const [la, lb] = [f32(Math.log(a)), f32(Math.log(b))];
	return b === 0 ? 0 : f32(Math.exp(f32(lb - f32(f32(lb - la) * 0.5))));
}
