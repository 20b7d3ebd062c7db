import type { EdmDpmConfig, EdmEulerConfig } from "./config.ts";
import { dpmMultistep } from "./dpm-multistep.ts";
import type { Run, RunOptions } from "./run-options.ts";
import type { Scheduler } from "./scheduler.ts";
import { threshold } from "./threshold.ts";
import { linspace, torchLinspace } from "./timesteps.ts";
import { add, divide, scale, subtract } from "./vector.ts";

const f32 = Math.fround;

/** What a denoiser trained as Karras et al., "Elucidating the Design Space", Table 1, is to its sampler. */
interface EdmConfig {
	sigma_min: number;
	sigma_max: number;
	sigma_data: number;
	sigma_schedule: "karras" | "exponential";
	prediction_type: "epsilon" | "v_prediction";
	rho: number;
	final_sigmas_type: "zero" | "sigma_min";
}

/**
 * Algorithm 2 without churn: x ← x + (σ_next − σ)·(x − x₀)/σ.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_edm_euler.py
 */
export function edmEuler(config: EdmEulerConfig, run: Run): Scheduler {
	const levels =
		config.sigma_schedule === "karras" ? karrasLevels(config, linspace(0, 1, run.steps)) : evenLevels(config, run);
	const sigmas = Float32Array.from([...levels, config.final_sigmas_type === "zero" ? 0 : levels.at(-1)!]);
	return {
		...preconditioned(config, sigmas),
		step(modelOutput, i, sample) {
			const sigma = sigmas[i]!;
			const predOriginalSample = denoised(config, modelOutput, sample, sigma);
			const derivative = divide(subtract(sample, predOriginalSample), sigma);
			return { prevSample: add(sample, scale(sigmas[i + 1]! - sigma, derivative)), predOriginalSample };
		},
	};
}

/**
 * DPM-Solver++ over the same levels, of order 1 to 3.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_edm_dpmsolver_multistep.py
 */
export function edmDpm(config: EdmDpmConfig, run: Run): Scheduler {
	const ramp = [...torchLinspace(0, 1, run.steps)];
	const levels = config.sigma_schedule === "karras" ? karrasLevels(config, ramp, f32) : evenLevels(config, run);
	const sigmas = Float32Array.from([...levels, config.final_sigmas_type === "zero" ? 0 : config.sigma_min]);
	const known = Array.from(sigmas, (sigma) => ({ alpha: 1, sigma, lambda: -f32(Math.log(sigma)) }));
	const limit = threshold(config, run.pictures);
	const advance = dpmMultistep(config, known, run.noise);
	return {
		...preconditioned(config, sigmas),
		step(modelOutput, i, sample) {
			const predOriginalSample = limit(denoised(config, modelOutput, sample, sigmas[i]!));
			return { prevSample: advance(i, sample, predOriginalSample), predOriginalSample };
		},
	};
}

/** Eq. 5, falling. */
function karrasLevels(
	{ sigma_min, sigma_max, rho }: EdmConfig,
	ramp: readonly number[],
	round = (value: number) => value,
) {
	const [low, high] = [sigma_min ** (1 / rho), sigma_max ** (1 / rho)];
	return Float32Array.from(ramp, (share) => round(round(high) + round(share * round(low - high))) ** rho);
}

/** Evenly spaced in log σ, falling. */
function evenLevels({ sigma_min, sigma_max }: EdmConfig, { steps }: RunOptions): Float32Array {
	return torchLinspace(Math.log(sigma_min), Math.log(sigma_max), steps).map(Math.exp).reverse();
}

/** All but the step: timesteps are c_noise, inputs are scaled by c_in. */
function preconditioned({ sigma_max, sigma_data }: EdmConfig, sigmas: Float32Array): Omit<Scheduler, "step"> {
	return {
		timesteps: Array.from(sigmas.subarray(0, -1), (sigma) => f32(0.25 * f32(Math.log(sigma)))),
		sigmas,
		initNoiseSigma: f32(Math.sqrt(sigma_max ** 2 + 1)),
		scaleModelInput: (sample, i) => scale(1 / f32(Math.sqrt(squareSum(sigmas[i]!, sigma_data))), sample),
		addNoise: (original, noise, i) => add(original, scale(sigmas[i]!, noise)),
	};
}

/** c_skip·x + c_out·F. */
function denoised(config: EdmConfig, output: Float32Array, sample: Float32Array, sigma: number): Float32Array {
	const { sigma_data: data } = config;
	const square = squareSum(sigma, data);
	const skip = f32(data ** 2 / square);
	const out = f32(f32((config.prediction_type === "epsilon" ? sigma : -sigma) * data) / f32(Math.sqrt(square)));
	return add(scale(skip, sample), scale(out, output));
}

function squareSum(sigma: number, data: number): number {
	return f32(f32(sigma * sigma) + data ** 2);
}
