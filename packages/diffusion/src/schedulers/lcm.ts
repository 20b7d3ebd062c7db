import type { LcmConfig } from "./config.ts";
import { distilledTimesteps } from "./consistency-timesteps.ts";
import { alphasCumprod } from "./noise-schedule.ts";
import { mix, predictOriginal, signalAndNoise } from "./prediction.ts";
import type { Run } from "./run-options.ts";
import { preservingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { bounded } from "./threshold.ts";
import { add, scale } from "./vector.ts";

const f32 = Math.fround;
const SIGMA_DATA = 0.5;

/**
 * Luo et al., "Latent Consistency Models", Algorithm 3: each call leads to the noiseless sample, to which noise is added for the next.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_lcm.py
 */
export function lcm(config: LcmConfig, run: Run): Scheduler {
	const alphas = alphasCumprod(config);
	const bound = bounded(config, run.pictures);
	const timesteps = distilledTimesteps(config, run);
	return {
		timesteps,
		...preservingVariance((i) => signalAndNoise(alphas[timesteps[i]!]!)),
		step(modelOutput, i, sample) {
			const t = timesteps[i]!;
			const original = bound(predictOriginal(config.prediction_type, modelOutput, sample, signalAndNoise(alphas[t]!)));
			const { skip, out } = boundaryShares(f32(t * config.timestep_scaling));
			const denoised = add(scale(out, original), scale(skip, sample));
			const next = timesteps[i + 1];
			if (next === undefined) return { prevSample: denoised, predOriginalSample: denoised };
			const prevSample = mix(signalAndNoise(alphas[next]!), denoised, run.noise(sample.length));
			return { prevSample, predOriginalSample: denoised };
		},
	};
}

/** c_skip and c_out, which make the model's output the sample itself at timestep 0. */
function boundaryShares(t: number): { skip: number; out: number } {
	const square = f32(f32(t * t) + SIGMA_DATA ** 2);
	return { skip: f32(SIGMA_DATA ** 2 / square), out: f32(t / f32(Math.sqrt(square))) };
}
