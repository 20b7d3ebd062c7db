import type { DpmSolverConfig } from "./config.ts";
import { trainingSigmas } from "./noise-schedule.ts";
import { mix, predictOriginal, type SignalAndNoise } from "./prediction.ts";
import { karrasSigmas } from "./respace-sigmas.ts";
import type { Scheduler } from "./scheduler.ts";
import { interpolateSigmas, sigmaToTimestep, withFinalSigma } from "./sigmas.ts";
import { roundHalfEven, spaceTimesteps } from "./timesteps.ts";
import { add, scale, subtract } from "./vector.ts";

const f32 = Math.fround;

/**
 * Lu et al., "DPM-Solver++", Algorithm 2 (multistep, order 2 or 1, on the estimate of x₀).
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_dpmsolver_multistep.py
 */
export function dpmSolverMultistep(config: DpmSolverConfig, steps: number): Scheduler {
	const trained = trainingSigmas(config);
	const { timesteps, levels } = config.use_karras_sigmas
		? karrasSchedule(config, steps, trained)
		: spacedSchedule(config, steps, trained);
	const sigmas = withFinalSigma(levels, trained, config.final_sigmas_type);
	const last = timesteps.length - 1;
	const lowOrderAtEnd =
		config.final_sigmas_type === "zero" || config.euler_at_final || (config.lower_order_final && timesteps.length < 15);
	let previous: Float32Array | undefined;
	return {
		timesteps,
		sigmas,
		initNoiseSigma: 1,
		scaleModelInput: (sample) => sample,
		addNoise: (original, noise, i) => mix(level(sigmas[i]!), original, noise),
		step(modelOutput, i, sample) {
			const predOriginalSample = predictOriginal(config.prediction_type, modelOutput, sample, level(sigmas[i]!));
			const first = config.solver_order === 1 || !previous || (i === last && lowOrderAtEnd);
			const prevSample =
				first || !previous
					? firstOrder(sigmas, i, sample, predOriginalSample)
					: secondOrder(config.solver_type, sigmas, i, sample, predOriginalSample, previous);
			previous = predOriginalSample;
			return { prevSample, predOriginalSample };
		},
	};
}

function spacedSchedule(config: DpmSolverConfig, steps: number, trained: Float32Array) {
	const minimum = config.lambda_min_clipped ?? Number.NEGATIVE_INFINITY;
	const clipped = trained.findLastIndex((sigma) => level(sigma).lambda >= minimum);
	const timesteps = spaceTimesteps({
		spacing: config.timestep_spacing,
		steps,
		trainSteps: config.num_train_timesteps,
		offset: config.steps_offset,
		whole: true,
		usable: clipped + 1,
		withoutLowest: true,
	});
	return { timesteps, levels: interpolateSigmas(timesteps, trained) };
}

function karrasSchedule(config: DpmSolverConfig, steps: number, trained: Float32Array) {
	const levels = karrasSigmas(trained[0]!, trained.at(-1)!, steps);
	const whole = config.beta_schedule === "squaredcos_cap_v2" ? Math.floor : roundHalfEven;
	return { timesteps: levels.map((sigma) => whole(sigmaToTimestep(sigma, trained))), levels };
}

/** A noise level in the variance-preserving form, and λ = log α − log σ. */
interface Level extends SignalAndNoise {
	lambda: number;
}

function level(sigma: number): Level {
	const alpha = f32(1 / f32(Math.sqrt(f32(f32(sigma * sigma) + 1))));
	const scaled = f32(sigma * alpha);
	return { alpha, sigma: scaled, lambda: f32(f32(Math.log(alpha)) - f32(Math.log(scaled))) };
}

/** Eq. 9 with k = 1: DDIM. */
function firstOrder(sigmas: Float32Array, i: number, sample: Float32Array, x0: Float32Array): Float32Array {
	const [s, t] = [level(sigmas[i]!), level(sigmas[i + 1]!)];
	const h = f32(t.lambda - s.lambda);
	return subtract(scale(t.sigma / s.sigma, sample), scale(t.alpha * f32(f32(Math.exp(-h)) - 1), x0));
}

/** Eq. 12, 13. */
function secondOrder(
	type: DpmSolverConfig["solver_type"],
	sigmas: Float32Array,
	i: number,
	sample: Float32Array,
	x0: Float32Array,
	previous: Float32Array,
): Float32Array {
	const [s1, s0, t] = [level(sigmas[i - 1]!), level(sigmas[i]!), level(sigmas[i + 1]!)];
	const h = f32(t.lambda - s0.lambda);
	const r0 = f32(f32(s0.lambda - s1.lambda) / h);
	const slope = scale(1 / r0, subtract(x0, previous));
	const growth = f32(f32(Math.exp(-h)) - 1);
	const factor = f32(t.alpha * growth);
	const base = subtract(scale(t.sigma / s0.sigma, sample), scale(factor, x0));
	return type === "midpoint"
		? subtract(base, scale(0.5 * factor, slope))
		: add(base, scale(t.alpha * f32(f32(growth / h) + 1), slope));
}
