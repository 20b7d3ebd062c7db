import { add, divide, scale, subtract } from "./vector.ts";

const f32 = Math.fround;

/** What the denoiser was trained to give: the noise ε, the noiseless sample x₀, or the velocity v = α·ε − σ·x₀. */
export type PredictionType = "epsilon" | "sample" | "v_prediction";

/** The variance-preserving form of a sample: x = α·x₀ + σ·ε with α² + σ² = 1. */
export interface SignalAndNoise {
	alpha: number;
	sigma: number;
}

/** α = √ᾱ, σ = √(1 − ᾱ). */
export function signalAndNoise(alphaBar: number): SignalAndNoise {
	return { alpha: f32(Math.sqrt(alphaBar)), sigma: f32(Math.sqrt(f32(1 - alphaBar))) };
}

/** x = α·x₀ + σ·ε. */
export function mix({ alpha, sigma }: SignalAndNoise, original: Float32Array, noise: Float32Array): Float32Array {
	return add(scale(alpha, original), scale(sigma, noise));
}

/** x₀ as the denoiser's output implies it. */
export function predictOriginal(
	type: PredictionType,
	output: Float32Array,
	sample: Float32Array,
	{ alpha, sigma }: SignalAndNoise,
): Float32Array {
	switch (type) {
		case "epsilon":
			return divide(subtract(sample, scale(sigma, output)), alpha);
		case "sample":
			return output;
		case "v_prediction":
			return subtract(scale(alpha, sample), scale(sigma, output));
	}
}

/** ε as the denoiser's output implies it. */
export function predictNoise(
	type: PredictionType,
	output: Float32Array,
	sample: Float32Array,
	{ alpha, sigma }: SignalAndNoise,
): Float32Array {
	switch (type) {
		case "epsilon":
			return output;
		case "sample":
			return divide(subtract(sample, scale(alpha, output)), sigma);
		case "v_prediction":
			return add(scale(alpha, output), scale(sigma, sample));
	}
}

/** x₀ for a sample of the variance-exploding form, x = x₀ + σ·ε, whose denoiser took x / √(σ² + 1). */
export function denoise(type: PredictionType, output: Float32Array, sample: Float32Array, sigma: number): Float32Array {
	switch (type) {
		case "epsilon":
			return subtract(sample, scale(sigma, output));
		case "sample":
			return output;
		case "v_prediction": {
			const square = f32(f32(sigma * sigma) + 1);
			return add(scale(-sigma / f32(Math.sqrt(square)), output), divide(sample, square));
		}
	}
}
