import type { HeunConfig } from "./config.ts";
import { initialSigma, kSchedule } from "./k-schedule.ts";
import { denoise } from "./prediction.ts";
import type { Run } from "./run-options.ts";
import { explodingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { add, clamp, divide, scale, subtract } from "./vector.ts";

/**
 * Karras et al., "Elucidating the Design Space", Algorithm 1 without churn: Euler's step, put right by a second call where it leads;
 * the last step has one call.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_heun_discrete.py
 */
export function heun(config: HeunConfig, run: Run): Scheduler {
	const { timesteps, levels } = kSchedule(config, run);
	const sigmas = doubled(levels);
	/** What a step began with, while its second call is due. */
	let first: { sample: Float32Array; derivative: Float32Array; length: number } | undefined;
	return {
		timesteps: callsOf(timesteps),
		sigmas,
		...explodingVariance((i) => sigmas[i]!, initialSigma(sigmas, config.timestep_spacing)),
		step(modelOutput, i, sample) {
			const sigma = sigmas[i]!;
			const original = denoise(config.prediction_type, modelOutput, sample, sigma);
			const predOriginalSample = config.clip_sample ? clamp(original, config.clip_sample_range) : original;
			const derivative = divide(subtract(sample, predOriginalSample), sigma);
			if (!first) {
				first = { sample, derivative, length: sigmas[i + 1]! - sigma };
				return { prevSample: add(sample, scale(first.length, derivative)), predOriginalSample };
			}
			const mean = divide(add(first.derivative, derivative), 2);
			const prevSample = add(first.sample, scale(first.length, mean));
			first = undefined;
			return { prevSample, predOriginalSample };
		},
	};
}

/** Each timestep but the first twice: the second call of a step and the first of the next. */
export function callsOf(timesteps: readonly number[]): number[] {
	return timesteps.flatMap((t, i) => (i === 0 ? [t] : [t, t]));
}

/** The level of each call, and a last 0. */
export function doubled(levels: readonly number[]): Float32Array {
	return Float32Array.from([...callsOf(levels), 0]);
}
