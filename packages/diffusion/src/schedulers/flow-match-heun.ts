import type { FlowMatchHeunConfig } from "./config.ts";
import { callsOf, doubled } from "./heun.ts";
import type { Run } from "./run-options.ts";
import type { Scheduler } from "./scheduler.ts";
import { linspace } from "./timesteps.ts";
import { add, divide, scale, subtract } from "./vector.ts";

const f32 = Math.fround;

/**
 * Heun's steps along a flow: Euler's, put right by a second call where it leads; the last has one.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_flow_match_heun_discrete.py
 */
export function flowMatchHeun(config: FlowMatchHeunConfig, run: Run): Scheduler {
	const levels = spacedLevels(config, run.steps);
	const sigmas = doubled(levels);
	let first: { sample: Float32Array; derivative: Float32Array; length: number } | undefined;
	return {
		timesteps: callsOf(levels.map((sigma) => f32(sigma * config.num_train_timesteps))),
		sigmas,
		initNoiseSigma: 1,
		scaleModelInput: (sample) => sample,
		addNoise: (original, noise, i) => add(scale(sigmas[i]!, noise), scale(1 - sigmas[i]!, original)),
		step(modelOutput, i, sample) {
			const sigma = sigmas[i]!;
			const predOriginalSample = subtract(sample, scale(sigma, modelOutput));
			const derivative = divide(subtract(sample, predOriginalSample), sigma);
			if (!first) {
				first = { sample, derivative, length: sigmas[i + 1]! - sigma };
				return { prevSample: add(sample, scale(first.length, derivative)), predOriginalSample };
			}
			const mean = scale(0.5, add(first.derivative, derivative));
			const prevSample = add(first.sample, scale(first.length, mean));
			first = undefined;
			return { prevSample, predOriginalSample };
		},
	};
}

/** Evenly between the highest and the lowest trained level, both shifted, and shifted once more, as in diffusers; float32. */
function spacedLevels({ num_train_timesteps: trainSteps, shift }: FlowMatchHeunConfig, steps: number): number[] {
	const trained = (sigma: number) => f32(f32(f32(shift) * sigma) / f32(1 + f32(f32(shift - 1) * sigma)));
	const [max, min] = [trained(1), trained(f32(1 / trainSteps))];
	return linspace(max * trainSteps, min * trainSteps, steps)
		.map((timestep) => timestep / trainSteps)
		.map((sigma) => f32((shift * sigma) / (1 + (shift - 1) * sigma)));
}
