import type { EulerConfig } from "./config.ts";
import { trainingSigmas } from "./noise-schedule.ts";
import { denoise } from "./prediction.ts";
import { respaceSigmas } from "./respace-sigmas.ts";
import type { Scheduler } from "./scheduler.ts";
import { interpolateSigmas, sigmaToTimestep, withFinalSigma } from "./sigmas.ts";
import { spaceTimesteps, type TimestepSpacing } from "./timesteps.ts";
import { add, divide, scale, subtract } from "./vector.ts";

const f32 = Math.fround;

/**
 * Karras et al., "Elucidating the Design Space", Algorithm 2 without churn: x ← x + (σ_next − σ)·(x − x₀)/σ.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_euler_discrete.py
 */
export function euler(config: EulerConfig, steps: number): Scheduler {
	const trained = trainingSigmas(config);
	const spaced = spaceTimesteps({
		spacing: config.timestep_spacing,
		steps,
		trainSteps: config.num_train_timesteps,
		offset: config.steps_offset,
		whole: false,
	});
	const levels = interpolateSigmas(spaced, trained);
	const respaced = respaceSigmas(config, config.sigma_min ?? levels.at(-1)!, config.sigma_max ?? levels[0]!, steps);
	const timesteps = respaced?.map((sigma) => f32(sigmaToTimestep(sigma, trained))) ?? spaced;
	const sigmas = withFinalSigma(respaced ?? levels, trained, config.final_sigmas_type);
	return {
		timesteps,
		sigmas,
		initNoiseSigma: initialSigma(sigmas, config.timestep_spacing),
		scaleModelInput: (sample, i) => divide(sample, Math.sqrt(f32(f32(sigmas[i]! ** 2) + 1))),
		addNoise: (original, noise, i) => add(original, scale(sigmas[i]!, noise)),
		step(modelOutput, i, sample) {
			const sigma = sigmas[i]!;
			const predOriginalSample = denoise(config.prediction_type, modelOutput, sample, sigma);
			const derivative = divide(subtract(sample, predOriginalSample), sigma);
			const prevSample = add(sample, scale(sigmas[i + 1]! - sigma, derivative));
			return { prevSample, predOriginalSample };
		},
	};
}

/** The first sample's standard deviation: σ_max, or, where the first timestep is not the last trained one, √(σ_max² + 1). */
export function initialSigma(sigmas: Float32Array, spacing: TimestepSpacing): number {
	const max = sigmas.reduce((a, b) => Math.max(a, b));
	return spacing === "leading" ? f32(Math.sqrt(f32(f32(max * max) + 1))) : max;
}
