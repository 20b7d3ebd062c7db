import type { ConsistencyConfig } from "./config.ts";
import type { Run } from "./run-options.ts";
import type { Scheduler } from "./scheduler.ts";
import { add, clamp, divide, scale } from "./vector.ts";

const f32 = Math.fround;

/**
 * Song et al., "Consistency Models", Algorithm 1: each call leads to the noiseless sample, to which noise is added for the next level.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_consistency_models.py
 */
export function consistency(config: ConsistencyConfig, run: Run): Scheduler {
	const { sigma_min: min, sigma_max: max, sigma_data: data, num_train_timesteps: trainSteps } = config;
	const stride = Math.floor(trainSteps / run.steps);
	const falling = run.timesteps ?? Array.from({ length: run.steps }, (_, i) => (run.steps - 1 - i) * stride);
	const levels = falling.toReversed().map((t) => karrasLevel(config, t / (trainSteps - 1)));
	const sigmas = Float32Array.from([...levels, min]);
	return {
		timesteps: levels.map((sigma) => 1000 * 0.25 * Math.log(sigma + 1e-44)),
		sigmas,
		initNoiseSigma: f32(max),
		scaleModelInput: (sample, i) => divide(sample, Math.sqrt(f32(f32(sigmas[i]! ** 2) + data ** 2))),
		addNoise: (original, noise, i) => add(original, scale(sigmas[i]!, noise)),
		step(modelOutput, i, sample) {
			const sigma = sigmas[i]!;
			const above = f32(sigma - min);
			const skip = f32(data ** 2 / f32(f32(above * above) + data ** 2));
			const out = f32(f32(above * data) / f32(Math.sqrt(f32(f32(sigma * sigma) + data ** 2))));
			const estimate = add(scale(out, modelOutput), scale(skip, sample));
			const predOriginalSample = config.clip_denoised ? clamp(estimate, 1) : estimate;
			if (levels.length === 1) return { prevSample: predOriginalSample, predOriginalSample };
			const next = f32(Math.min(Math.max(sigmas[i + 1]!, min), max));
			const deviation = f32(Math.sqrt(f32(f32(next * next) - min ** 2)));
			const noise = scale(config.s_noise, run.noise(sample.length));
			return { prevSample: add(predOriginalSample, scale(deviation, noise)), predOriginalSample };
		},
	};
}

/** Karras et al., "Elucidating the Design Space", Eq. 5, from σ_max at 0 to σ_min at 1. */
function karrasLevel({ sigma_min, sigma_max, rho }: ConsistencyConfig, ramp: number): number {
	const [low, high] = [sigma_min ** (1 / rho), sigma_max ** (1 / rho)];
	return (high + ramp * (low - high)) ** rho;
}
