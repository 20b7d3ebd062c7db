import type { UNetConfig } from "./config.ts";

const { fround } = Math;
const LOG_PERIOD = Math.log(10_000);

/**
 * Sines and cosines of the timestep at falling frequencies, `[width]`: diffusers' `get_timestep_embedding`, each step in
 * float32 as PyTorch takes it, since a timestep near 1000 makes rounding visible.
 */
export function timestepEmbedding(timestep: number, width: number, config: UNetConfig): Float32Array {
	const half = width / 2;
	const embedding = new Float32Array(width);
	const [sines, cosines] = config.flip_sin_to_cos ? [half, 0] : [0, half];
	for (let i = 0; i < half; i++) {
		const exponent = fround(fround(fround(-LOG_PERIOD) * i) / fround(half - config.freq_shift));
		const angle = fround(fround(timestep) * fround(Math.exp(exponent)));
		embedding[sines + i] = Math.sin(angle);
		embedding[cosines + i] = Math.cos(angle);
	}
	return embedding;
}
