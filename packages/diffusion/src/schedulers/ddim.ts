import type { DdimConfig } from "./config.ts";
import { alphasCumprod } from "./noise-schedule.ts";
import { predictNoise, predictOriginal, signalAndNoise } from "./prediction.ts";
import type { Run } from "./run-options.ts";
import { preservingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { bounded } from "./threshold.ts";
import { spaceTimesteps } from "./timesteps.ts";
import { add, scale } from "./vector.ts";

const f32 = Math.fround;

/**
 * Song et al., "Denoising Diffusion Implicit Models", Eq. 12. `run.eta` η from 0 (deterministic) to 1 (as DDPM): only above
 * 0 is noise drawn, once a step.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_ddim.py
 */
export function ddim(config: DdimConfig, run: Run): Scheduler {
	const { steps, eta } = run;
	const bound = bounded(config, run.pictures);
	const alphas = alphasCumprod(config);
	const trainSteps = config.num_train_timesteps;
	const stride = Math.floor(trainSteps / steps);
	const finalAlpha = config.set_alpha_to_one ? 1 : alphas[0]!;
	const timesteps = spaceTimesteps({
		spacing: config.timestep_spacing,
		steps,
		trainSteps,
		offset: config.steps_offset,
		whole: true,
	});
	return {
		timesteps,
		...preservingVariance((i) => signalAndNoise(alphas[timesteps[i]!]!)),
		step(modelOutput, i, sample) {
			const t = timesteps[i]!;
			const alpha = alphas[t]!;
			const alphaPrev = alphas[t - stride] ?? finalAlpha;
			const predOriginalSample = bound(
				predictOriginal(config.prediction_type, modelOutput, sample, signalAndNoise(alpha)),
			);
			const noise = predictNoise(config.prediction_type, modelOutput, sample, signalAndNoise(alpha));
			const deviation = eta === 0 ? 0 : f32(f32(eta) * f32(Math.sqrt(variance(alpha, alphaPrev))));
			const direction = f32(Math.sqrt(f32(f32(1 - alphaPrev) - f32(deviation * deviation))));
			const mean = add(scale(Math.sqrt(alphaPrev), predOriginalSample), scale(direction, noise));
			const prevSample = eta === 0 ? mean : add(mean, scale(deviation, run.noise(sample.length)));
			return { prevSample, predOriginalSample };
		},
	};
}

/** Eq. 16 at η = 1, squared. */
function variance(alpha: number, alphaPrev: number): number {
	const ratio = f32(f32(1 - alphaPrev) / f32(1 - alpha));
	return f32(ratio * f32(1 - f32(alpha / alphaPrev)));
}
