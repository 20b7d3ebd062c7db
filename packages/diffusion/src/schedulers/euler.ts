import type { EulerConfig } from "./config.ts";
import { initialSigma, kSchedule } from "./k-schedule.ts";
import { trainingSigmas } from "./noise-schedule.ts";
import { denoise } from "./prediction.ts";
import { respaceSigmas } from "./respace-sigmas.ts";
import type { Run, RunOptions } from "./run-options.ts";
import { explodingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { sigmaToTimestep, withFinalSigma } from "./sigmas.ts";
import { torchLinspace } from "./timesteps.ts";
import { add, divide, scale, subtract } from "./vector.ts";

const f32 = Math.fround;

/**
 * Karras et al., "Elucidating the Design Space", Algorithm 2 without churn: x ← x + (σ_next − σ)·(x − x₀)/σ.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_euler_discrete.py
 */
export function euler(config: EulerConfig, run: Run): Scheduler {
	const { timesteps, sigmas } = eulerSchedule(config, run);
	const continuous = config.timestep_type === "continuous" && config.prediction_type === "v_prediction";
	return {
		// Of a denoiser that was trained on log σ.
		timesteps: continuous ? timesteps.map((_, i) => f32(0.25 * f32(Math.log(sigmas[i]!)))) : timesteps,
		sigmas,
		...explodingVariance((i) => sigmas[i]!, initialSigma(sigmas, config.timestep_spacing)),
		step(modelOutput, i, sample) {
			const sigma = sigmas[i]!;
			const predOriginalSample = denoise(config.prediction_type, modelOutput, sample, sigma);
			const derivative = divide(subtract(sample, predOriginalSample), sigma);
			const prevSample = add(sample, scale(sigmas[i + 1]! - sigma, derivative));
			return { prevSample, predOriginalSample };
		},
	};
}

function eulerSchedule(config: EulerConfig, run: RunOptions): { timesteps: readonly number[]; sigmas: Float32Array } {
	if (run.sigmas) {
		const trained = trainingSigmas(config);
		const sigmas = Float32Array.from(run.sigmas);
		return { timesteps: Array.from(sigmas.subarray(0, -1), (sigma) => f32(sigmaToTimestep(sigma, trained))), sigmas };
	}
	const { timesteps, levels, trained } = kSchedule(config, run);
	if (config.interpolation_type === "linear") {
		return { timesteps, sigmas: withFinalSigma(levels, trained, config.final_sigmas_type) };
	}
	// As in diffusers: one level more than asked for, unless they are spaced anew, and timesteps that stay where they were.
	const low = Math.log(trained[0]!);
	const even = torchLinspace(Math.log(trained.at(-1)!), low, run.steps + 1).map(Math.exp);
	const [min, max] = [config.sigma_min ?? even.at(-1)!, config.sigma_max ?? even[0]!];
	const respaced = respaceSigmas(config, min, max, run.steps);
	return {
		timesteps: respaced?.map((sigma) => f32(sigmaToTimestep(sigma, trained))) ?? timesteps,
		sigmas: withFinalSigma(respaced ?? [...even], trained, config.final_sigmas_type),
	};
}
