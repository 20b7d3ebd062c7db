import type { EulerAncestralConfig } from "./config.ts";
import { initialSigma, kSchedule } from "./k-schedule.ts";
import { denoise } from "./prediction.ts";
import type { Run } from "./run-options.ts";
import { explodingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { withFinalSigma } from "./sigmas.ts";
import { add, divide, scale, subtract } from "./vector.ts";

const f32 = Math.fround;

/**
 * Euler's step down to σ_down, then noise back up to the next level: σ_next² = σ_down² + σ_up². Noise is drawn once at
 * every step, at the last too, where σ_up is 0.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_euler_ancestral_discrete.py
 */
export function eulerAncestral(config: EulerAncestralConfig, run: Run): Scheduler {
	const { timesteps, levels, trained } = kSchedule(config, run);
	const sigmas = withFinalSigma(levels, trained, "zero");
	return {
		timesteps,
		sigmas,
		...explodingVariance((i) => sigmas[i]!, initialSigma(sigmas, config.timestep_spacing)),
		step(modelOutput, i, sample) {
			const sigma = sigmas[i]!;
			const predOriginalSample = denoise(config.prediction_type, modelOutput, sample, sigma);
			const { down, up } = ancestralLevels(sigma, sigmas[i + 1]!);
			const derivative = divide(subtract(sample, predOriginalSample), sigma);
			const lower = add(sample, scale(down - sigma, derivative));
			const prevSample = add(lower, scale(up, run.noise(sample.length)));
			return { prevSample, predOriginalSample };
		},
	};
}

/** σ_down and σ_up of a step between two levels. */
export function ancestralLevels(from: number, to: number): { down: number; up: number } {
	const [from2, to2] = [f32(from * from), f32(to * to)];
	const up = f32(Math.sqrt(f32(f32(to2 * f32(from2 - to2)) / from2)));
	return { up, down: f32(Math.sqrt(f32(to2 - f32(up * up)))) };
}
