import type { IpndmConfig } from "./config.ts";
import { multistepMean } from "./pndm.ts";
import type { Run } from "./run-options.ts";
import type { Scheduler } from "./scheduler.ts";
import { torchLinspace } from "./timesteps.ts";
import { add, divide, scale, subtract } from "./vector.ts";

const f32 = Math.fround;

/**
 * PNDM's multistep without its start, over a quarter circle of signal and noise.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_ipndm.py
 */
export function ipndm(_: IpndmConfig, run: Run): Scheduler {
	const ramp = torchLinspace(1, 0, run.steps + 1);
	const sigmas = ramp.map((share) => f32(Math.sin(f32(f32(share * Math.PI) / 2))) ** 2);
	sigmas[run.steps] = 0;
	const alphas = sigmas.map((sigma) => Math.sqrt(f32(1 - f32(sigma * sigma))));
	const original = (sample: Float32Array, i: number, noise: Float32Array) =>
		divide(subtract(sample, scale(sigmas[i]!, noise)), Math.max(alphas[i]!, 1e-8));
	/** The last estimates, newest last. */
	let outputs: Float32Array[] = [];
	return {
		timesteps: Array.from(sigmas.subarray(0, -1), (sigma, i) =>
			f32(f32(f32(Math.atan2(sigma, alphas[i]!)) / Math.PI) * 2),
		),
		initNoiseSigma: 1,
		scaleModelInput: (sample) => sample,
		addNoise: (clean, noise, i) => add(scale(alphas[i]!, clean), scale(sigmas[i]!, noise)),
		step(modelOutput, i, sample) {
			outputs = [...outputs.slice(-3), add(scale(sigmas[i]!, sample), scale(alphas[i]!, modelOutput))];
			const noise = multistepMean(outputs);
			const predOriginalSample = original(sample, i, noise);
			const prevSample = add(scale(alphas[i + 1]!, predOriginalSample), scale(sigmas[i + 1]!, noise));
			return { prevSample, predOriginalSample };
		},
	};
}
