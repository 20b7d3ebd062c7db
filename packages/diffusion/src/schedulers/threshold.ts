import { clamp } from "./vector.ts";

const f32 = Math.fround;

export interface ThresholdConfig {
	thresholding?: boolean | null | undefined;
	dynamic_thresholding_ratio: number;
	sample_max_value: number;
}

/** Changes an estimate of x₀ for a batch of pictures, one flat array. */
export type Limit = (original: Float32Array) => Float32Array;

/**
 * Saharia et al., "Photorealistic Text-to-Image Diffusion Models", 2.3: each picture is limited to the magnitude that a share of its
 * values keep to, from 1 to `sample_max_value`, and divided by it.
 */
export function threshold(config: ThresholdConfig, pictures: number): Limit {
	if (!config.thresholding) return (original) => original;
	const { dynamic_thresholding_ratio: ratio, sample_max_value: most } = config;
	return (original) => {
		const size = original.length / pictures;
		const limited = new Float32Array(original.length);
		for (let picture = 0; picture < pictures; picture++) {
			const values = original.subarray(picture * size, (picture + 1) * size);
			const bound = f32(Math.min(Math.max(quantile(values.map(Math.abs), ratio), 1), most));
			for (const [i, value] of values.entries()) {
				limited[picture * size + i] = Math.min(Math.max(value, -bound), bound) / bound;
			}
		}
		return limited;
	};
}

export interface BoundConfig extends ThresholdConfig {
	clip_sample: boolean;
	clip_sample_range: number;
}

/** An estimate of x₀ within bounds: limited by `threshold`, or else clipped, or neither, as the configuration says. */
export function bounded(config: BoundConfig, pictures: number): Limit {
	if (config.thresholding || !config.clip_sample) return threshold(config, pictures);
	return (original) => clamp(original, config.clip_sample_range);
}

/** PyTorch's: linear between the two values next to the rank. */
function quantile(values: Float32Array, share: number): number {
	const sorted = values.sort();
	const rank = f32(f32(share) * (sorted.length - 1));
	const [below, above] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
	const weight = f32(rank - Math.floor(rank));
	const width = f32(above - below);
	return weight < 0.5 ? f32(below + f32(weight * width)) : f32(above - f32(width * f32(1 - weight)));
}
