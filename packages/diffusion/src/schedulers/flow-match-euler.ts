import type { ConfigOf, FlowMatchEulerConfig } from "./config.ts";
import { flowSigmas } from "./flow-sigmas.ts";
import type { Run } from "./run-options.ts";
import type { Scheduler } from "./scheduler.ts";
import { add, scale, subtract } from "./vector.ts";

const f32 = Math.fround;

/**
 * Steps of a flow that leads to the noiseless sample and back up to the next level with new noise, as a consistency model's do.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_flow_match_lcm.py
 */
export function flowMatchLcm(config: ConfigOf<"FlowMatchLCMScheduler">, run: Run): Scheduler {
	return flowMatchEuler({ ...config, stochastic_sampling: true }, run);
}

/**
 * Euler's steps along a flow x = (1 − σ)·x₀ + σ·ε, whose denoiser gives the velocity ε − x₀: x ← x + (σ_next − σ)·v.
 * With `stochastic_sampling` the noise ε is drawn anew, once a step. With `invert_sigmas` σ is the signal's share, timesteps rise.
 * Esser et al., "Scaling Rectified Flow Transformers for High-Resolution Image Synthesis". Order of arithmetic:
 * https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_flow_match_euler_discrete.py
 */
export function flowMatchEuler(config: FlowMatchEulerConfig, run: Run): Scheduler {
	const falling = Float32Array.from(flowSigmas(config, run));
	const levels = config.invert_sigmas ? falling.map((sigma) => 1 - sigma) : falling;
	const last = config.invert_sigmas ? 1 : 0;
	const sigmas = Float32Array.from([...levels, last]);
	return {
		timesteps: Array.from(levels, (sigma) => f32(sigma * config.num_train_timesteps)),
		sigmas,
		initNoiseSigma: 1,
		scaleModelInput: (sample) => sample,
		addNoise: (original, noise, i) => {
			const share = Math.abs(last - sigmas[i]!);
			return add(scale(share, noise), scale(1 - share, original));
		},
		step(modelOutput, i, sample) {
			const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
			const predOriginalSample = add(sample, scale(last - sigma, modelOutput));
			if (!config.stochastic_sampling) {
				return { prevSample: add(sample, scale(next - sigma, modelOutput)), predOriginalSample };
			}
			const original = subtract(sample, scale(sigma, modelOutput));
			const prevSample = add(scale(1 - next, original), scale(next, run.noise(sample.length)));
			return { prevSample, predOriginalSample };
		},
	};
}
