import { inputShare } from "./k-schedule.ts";
import { mix, type SignalAndNoise } from "./prediction.ts";
import type { Scheduler } from "./scheduler.ts";
import { add, divide, scale } from "./vector.ts";

/** What a sampler's sample is made of: all that it says of it but its steps. */
type SampleForm = Pick<Scheduler, "initNoiseSigma" | "scaleModelInput" | "addNoise">;

/** α·x₀ + σ·ε, which the denoiser takes as it is; `levelAt` gives α and σ of call `i`. */
export function preservingVariance(levelAt: (i: number) => SignalAndNoise): SampleForm {
	return {
		initNoiseSigma: 1,
		scaleModelInput: (sample) => sample,
		addNoise: (original, noise, i) => mix(levelAt(i), original, noise),
	};
}

/** x₀ + σ·ε, which the denoiser takes with variance 1; `sigmaAt` gives σ of call `i`. */
export function explodingVariance(sigmaAt: (i: number) => number, initNoiseSigma: number): SampleForm {
	return {
		initNoiseSigma,
		scaleModelInput: (sample, i) => divide(sample, inputShare(sigmaAt(i))),
		addNoise: (original, noise, i) => add(original, scale(sigmaAt(i), noise)),
	};
}
