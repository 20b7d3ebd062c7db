import { levelOf } from "./level.ts";
import { type PredictionType, predictNoise, predictOriginal } from "./prediction.ts";
import { type Limit, type ThresholdConfig, threshold } from "./threshold.ts";
import { divide, scale, subtract } from "./vector.ts";

/** What solvers in λ can be given: those of a diffusion, or a flow's velocity. */
export type SolverPredictionType = PredictionType | "flow_prediction";

export interface SolverPredictionConfig extends ThresholdConfig {
	prediction_type: SolverPredictionType;
	use_flow_sigmas?: boolean | null | undefined;
}

/** A denoiser's output at level `sigma` as what a solver is written in. */
export type Convert = (output: Float32Array, sample: Float32Array, sigma: number) => Float32Array;

/** As an estimate of x₀, limited where the configuration says so. */
export function toOriginal(config: SolverPredictionConfig, pictures: number): Convert {
	const limit = threshold(config, pictures);
	return (output, sample, sigma) => limit(originalOf(config, output, sample, sigma));
}

/** As an estimate of ε, of the limited x₀ where the configuration says so. */
export function toNoise(config: SolverPredictionConfig, pictures: number): Convert {
	const limit: Limit | undefined = config.thresholding ? threshold(config, pictures) : undefined;
	return (output, sample, sigma) => {
		const at = levelOf(sigma, !!config.use_flow_sigmas);
		// A flow's velocity is refused with the configuration.
		const noise = predictNoise(config.prediction_type as PredictionType, output, sample, at);
		if (!limit) return noise;
		const original = limit(predictOriginal("epsilon", noise, sample, at));
		return divide(subtract(sample, scale(at.alpha, original)), at.sigma);
	};
}

function originalOf(
	{ prediction_type: type, use_flow_sigmas }: SolverPredictionConfig,
	output: Float32Array,
	sample: Float32Array,
	sigma: number,
): Float32Array {
	if (type === "flow_prediction") return subtract(sample, scale(sigma, output));
	return predictOriginal(type, output, sample, levelOf(sigma, !!use_flow_sigmas));
}
