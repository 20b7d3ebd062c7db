import type { DpmSolverConfig } from "./config.ts";
import { dpmMultistep } from "./dpm-multistep.ts";
import { levelOf } from "./level.ts";
import type { Run } from "./run-options.ts";
import { preservingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { withFinalSigma } from "./sigmas.ts";
import { toNoise, toOriginal } from "./solver-prediction.ts";
import { solverSchedule } from "./solver-schedule.ts";
import { roundHalfEven } from "./timesteps.ts";

/**
 * Lu et al., "DPM-Solver++", Algorithm 2: multistep, of order 1 to 3, on the estimate of x₀ or, as DPM-Solver, on that of ε; also
 * their stochastic forms.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_dpmsolver_multistep.py
 */
export function dpmSolverMultistep(config: DpmSolverConfig, run: Run): Scheduler {
	const whole = config.beta_schedule === "squaredcos_cap_v2" ? Math.trunc : roundHalfEven;
	const { timesteps, levels, trained } = solverSchedule(config, run, whole);
	const sigmas = withFinalSigma(levels, trained, config.final_sigmas_type);
	const known = Array.from(sigmas, (sigma) => levelOf(sigma, !!config.use_flow_sigmas));
	const original = toOriginal(config, run.pictures);
	const convert = config.algorithm_type.endsWith("++") ? undefined : toNoise(config, run.pictures);
	const advance = dpmMultistep(config, known, run.noise);
	return {
		timesteps,
		sigmas,
		...preservingVariance((i) => known[i]!),
		step(modelOutput, i, sample) {
			const predOriginalSample = original(modelOutput, sample, sigmas[i]!);
			const output = convert ? convert(modelOutput, sample, sigmas[i]!) : predOriginalSample;
			return { prevSample: advance(i, sample, output), predOriginalSample };
		},
	};
}
