import type { TcdConfig } from "./config.ts";
import { distilledTimesteps } from "./consistency-timesteps.ts";
import { alphasCumprod } from "./noise-schedule.ts";
import { mix, predictNoise, predictOriginal, signalAndNoise } from "./prediction.ts";
import type { Run } from "./run-options.ts";
import { preservingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { add, scale } from "./vector.ts";

const f32 = Math.fround;

/**
 * Zheng et al., "Trajectory Consistency Distillation", Algorithm 4: each call leads to timestep (1 − η)·t of the next, and noise up to
 * the next; none with η = 0, and none at the end.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_tcd.py
 */
export function tcd(config: TcdConfig, run: Run): Scheduler {
	const alphas = alphasCumprod(config);
	const timesteps = distilledTimesteps(config, run);
	return {
		timesteps,
		...preservingVariance((i) => signalAndNoise(alphas[timesteps[i]!]!)),
		step(modelOutput, i, sample) {
			const at = signalAndNoise(alphas[timesteps[i]!]!);
			const next = timesteps[i + 1];
			const alpha = alphas[Math.floor(f32(f32(1 - run.eta) * (next ?? 0)))]!;
			const predOriginalSample = predictOriginal(config.prediction_type, modelOutput, sample, at);
			const noise = predictNoise(config.prediction_type, modelOutput, sample, at);
			const lower = mix(signalAndNoise(alpha), predOriginalSample, noise);
			if (run.eta === 0 || next === undefined) return { prevSample: lower, predOriginalSample };
			const ratio = f32(alphas[next]! / alpha);
			const up = scale(Math.sqrt(f32(1 - ratio)), run.noise(sample.length));
			return { prevSample: add(scale(Math.sqrt(ratio), lower), up), predOriginalSample };
		},
	};
}
