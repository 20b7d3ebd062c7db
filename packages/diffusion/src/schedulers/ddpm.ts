import type { DdpmConfig } from "./config.ts";
import { alphasCumprod } from "./noise-schedule.ts";
import { predictOriginal, signalAndNoise } from "./prediction.ts";
import type { Run } from "./run-options.ts";
import { preservingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { bounded } from "./threshold.ts";
import { spaceTimesteps } from "./timesteps.ts";
import { add, scale } from "./vector.ts";

const f32 = Math.fround;

/**
 * Ho et al., "Denoising Diffusion Probabilistic Models", Eq. 7: the mean of the step's posterior, and noise at each step but that at
 * timestep 0.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_ddpm.py
 */
export function ddpm(config: DdpmConfig, run: Run): Scheduler {
	const alphas = alphasCumprod(config);
	const bound = bounded(config, run.pictures);
	const timesteps = run.timesteps
		? [...run.timesteps]
		: spaceTimesteps({
				spacing: config.timestep_spacing,
				steps: run.steps,
				trainSteps: config.num_train_timesteps,
				offset: config.steps_offset,
				whole: true,
			});
	return {
		timesteps,
		...preservingVariance((i) => signalAndNoise(alphas[timesteps[i]!]!)),
		step(modelOutput, i, sample) {
			const t = timesteps[i]!;
			const next = timesteps[i + 1];
			const alpha = alphas[t]!;
			const alphaPrev = next === undefined ? 1 : alphas[next]!;
			const step = f32(alpha / alphaPrev);
			const beta = f32(1 - step);
			const predOriginalSample = bound(
				predictOriginal(config.prediction_type, modelOutput, sample, signalAndNoise(alpha)),
			);
			const originalShare = f32(f32(f32(Math.sqrt(alphaPrev)) * beta) / f32(1 - alpha));
			const sampleShare = f32(f32(f32(Math.sqrt(step)) * f32(1 - alphaPrev)) / f32(1 - alpha));
			const mean = add(scale(originalShare, predOriginalSample), scale(sampleShare, sample));
			if (t === 0) return { prevSample: mean, predOriginalSample };
			const deviation = deviationOf(config.variance_type, alpha, alphaPrev, beta);
			return { prevSample: add(mean, scale(deviation, run.noise(sample.length))), predOriginalSample };
		},
	};
}

/** Eq. 6 and 3.2: of the posterior, or of the step itself. */
function deviationOf(type: DdpmConfig["variance_type"], alpha: number, alphaPrev: number, beta: number): number {
	const variance = Math.max(f32(f32(f32(1 - alphaPrev) / f32(1 - alpha)) * beta), f32(1e-20));
	switch (type) {
		case "fixed_small":
			return f32(Math.sqrt(variance));
		case "fixed_small_log":
			return f32(Math.exp(f32(0.5 * f32(Math.log(variance)))));
		case "fixed_large":
			return f32(Math.sqrt(beta));
	}
}
