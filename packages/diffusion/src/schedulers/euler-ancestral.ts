import type { EulerAncestralConfig } from "./config.ts";
import { initialSigma } from "./euler.ts";
import { trainingSigmas } from "./noise-schedule.ts";
import { denoise } from "./prediction.ts";
import type { DrawNoise, Scheduler } from "./scheduler.ts";
import { interpolateSigmas, withFinalSigma } from "./sigmas.ts";
import { spaceTimesteps } from "./timesteps.ts";
import { add, divide, scale, subtract } from "./vector.ts";

const f32 = Math.fround;

/**
 * Euler's step down to σ_down, then noise back up to the next level: σ_next² = σ_down² + σ_up². Noise is drawn once at
 * every step, at the last too, where σ_up is 0.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_euler_ancestral_discrete.py
 */
export function eulerAncestral(config: EulerAncestralConfig, steps: number, drawNoise: DrawNoise): Scheduler {
	const trained = trainingSigmas(config);
	const timesteps = spaceTimesteps({
		spacing: config.timestep_spacing,
		steps,
		trainSteps: config.num_train_timesteps,
		offset: config.steps_offset,
		whole: false,
	});
	const sigmas = withFinalSigma(interpolateSigmas(timesteps, trained), trained, "zero");
	return {
		timesteps,
		sigmas,
		initNoiseSigma: initialSigma(sigmas, config.timestep_spacing),
		scaleModelInput: (sample, i) => divide(sample, Math.sqrt(f32(f32(sigmas[i]! ** 2) + 1))),
		addNoise: (original, noise, i) => add(original, scale(sigmas[i]!, noise)),
		step(modelOutput, i, sample) {
			const sigma = sigmas[i]!;
			const predOriginalSample = denoise(config.prediction_type, modelOutput, sample, sigma);
			const { down, up } = ancestralLevels(sigma, sigmas[i + 1]!);
			const derivative = divide(subtract(sample, predOriginalSample), sigma);
			const lower = add(sample, scale(down - sigma, derivative));
			const prevSample = add(lower, scale(up, drawNoise(sample.length)));
			return { prevSample, predOriginalSample };
		},
	};
}

function ancestralLevels(from: number, to: number): { down: number; up: number } {
	const [from2, to2] = [f32(from * from), f32(to * to)];
	const up = f32(Math.sqrt(f32(f32(to2 * f32(from2 - to2)) / from2)));
	return { up, down: f32(Math.sqrt(f32(to2 - f32(up * up)))) };
}
