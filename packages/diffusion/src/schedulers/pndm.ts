import type { PndmConfig } from "./config.ts";
import { alphasCumprod } from "./noise-schedule.ts";
import { predictNoise, predictOriginal, signalAndNoise } from "./prediction.ts";
import type { Run } from "./run-options.ts";
import { preservingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { spaceTimesteps } from "./timesteps.ts";
import { add, divide, scale, subtract } from "./vector.ts";

const f32 = Math.fround;

/**
 * Liu et al., "Pseudo Numerical Methods for Diffusion Models on Manifolds": four-step linear multistep (PLMS), begun by
 * Runge-Kutta steps of four calls each, or, with `skip_prk_steps`, by lower orders and one repeated call (steps + 1 calls).
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_pndm.py
 */
export function pndm(config: PndmConfig, { steps, firstCall }: Run): Scheduler {
	const alphas = alphasCumprod(config);
	const trainSteps = config.num_train_timesteps;
	const stride = Math.floor(trainSteps / steps);
	const finalAlpha = config.set_alpha_to_one ? 1 : alphas[0]!;
	const falling = spaceTimesteps({
		spacing: config.timestep_spacing,
		steps,
		trainSteps,
		offset: config.steps_offset,
		whole: true,
	});
	const halfStride = Math.floor(stride / 2);
	const rungeKutta = config.skip_prk_steps ? [] : rungeKuttaTimesteps(falling.slice(0, 4), halfStride);
	const multistep = config.skip_prk_steps ? repeatSecond(falling) : falling.slice(3);
	const timesteps = [...rungeKutta, ...multistep];

	/** The last outputs, newest last. */
	let outputs: Float32Array[] = [];
	/** The sample that a Runge-Kutta step, or the repeated call, starts from. */
	let start: Float32Array | undefined;
	/** The Runge-Kutta step's weighted sum so far. */
	let sum: Float32Array | undefined;

	/** Eq. 9, from timestep t to `tPrev`. */
	function transfer(sample: Float32Array, t: number, tPrev: number, output: Float32Array): Float32Array {
		const alpha = alphas[t]!;
		const alphaPrev = alphas[tPrev] ?? finalAlpha;
		const noise = predictNoise(config.prediction_type, output, sample, signalAndNoise(alpha));
		const sampleFactor = Math.sqrt(f32(alphaPrev / alpha));
		const left = f32(alpha * f32(Math.sqrt(f32(1 - alphaPrev))));
		const right = f32(Math.sqrt(f32(f32(alpha * f32(1 - alpha)) * alphaPrev)));
		return subtract(scale(sampleFactor, sample), divide(scale(alphaPrev - alpha, noise), f32(left + right)));
	}

	function stepRungeKutta(output: Float32Array, i: number, sample: Float32Array): Float32Array {
		const call = i - firstCall;
		const stage = call % 4;
		// diffusers' steps of a later start have this timestep of the first ones.
		const t = rungeKutta[call - stage]!;
		const tPrev = timesteps[i]! - (call % 2 === 0 ? halfStride : 0);
		const weighted = scale(stage === 0 || stage === 3 ? 1 / 6 : 1 / 3, output);
		sum = sum ? add(sum, weighted) : weighted;
		if (stage === 0) {
			outputs.push(output);
			start = sample;
		}
		if (stage < 3) return transfer(start ?? sample, t, tPrev, output);
		const whole = sum;
		sum = undefined;
		return transfer(start ?? sample, t, tPrev, whole);
	}

	function stepMultistep(output: Float32Array, i: number, sample: Float32Array): Float32Array {
		const t = timesteps[i]!;
		if (i - firstCall === 1 && config.skip_prk_steps) {
			const mean = divide(add(output, outputs[0]!), 2);
			return transfer(start ?? sample, t + stride, t, mean);
		}
		outputs = [...outputs.slice(-3), output];
		start = sample;
		return transfer(sample, t, t - stride, multistepMean(outputs));
	}

	return {
		timesteps,
		...preservingVariance((i) => signalAndNoise(alphas[timesteps[i]!]!)),
		step(modelOutput, i, sample) {
			const at = signalAndNoise(alphas[timesteps[i]!]!);
			const predOriginalSample = predictOriginal(config.prediction_type, modelOutput, sample, at);
			const advance = i - firstCall < rungeKutta.length ? stepRungeKutta : stepMultistep;
			return { prevSample: advance(modelOutput, i, sample), predOriginalSample };
		},
	};
}

/** Eq. 12 and its lower orders, for the one to four outputs there are, newest last. */
export function multistepMean(outputs: readonly Float32Array[]): Float32Array {
	const [e1, e2, e3, e4] = outputs.toReversed();
	if (!e2) return e1!;
	if (!e3) return divide(subtract(scale(3, e1!), e2), 2);
	if (!e4) return divide(add(subtract(scale(23, e1!), scale(16, e2)), scale(5, e3)), 12);
	return scale(1 / 24, subtract(add(subtract(scale(55, e1!), scale(59, e2)), scale(37, e3)), scale(9, e4)));
}

/** The second timestep is called twice; a run of one step has none. */
function repeatSecond(falling: readonly number[]): number[] {
	return [...falling.slice(0, 2), ...falling.slice(1)];
}

/** t, t − ½, t − ½, t − 1 for each of the first three steps, in strides. */
function rungeKuttaTimesteps(firstFour: readonly number[], halfStride: number): number[] {
	return firstFour.slice(0, 3).flatMap((t, i) => {
		const next = firstFour[i + 1]!;
		return [t, next + halfStride, next + halfStride, next];
	});
}
