const { fround } = Math;
const LOG_PERIOD = Math.log(10_000);

/** A network's own settings, under its `config.json`'s names. */
export interface TimestepEmbeddingOptions {
	/** Cosines first. Default true. */
	flip_sin_to_cos?: boolean | undefined;
	/** Taken off the number of frequencies. Default 0. */
	freq_shift?: number | undefined;
}

/**
 * Sines and cosines of the timestep at falling frequencies, `[width]`, and a zero behind them where the width is odd: diffusers'
 * `get_timestep_embedding`, each step in float32 as PyTorch takes it, since a timestep near 1000 makes rounding visible.
 */
export function timestepEmbedding(
	timestep: number,
	width: number,
	{ flip_sin_to_cos = true, freq_shift = 0 }: TimestepEmbeddingOptions = {},
): Float32Array {
	const half = Math.floor(width / 2);
	const embedding = new Float32Array(width);
	const [sines, cosines] = flip_sin_to_cos ? [half, 0] : [0, half];
	for (let i = 0; i < half; i++) {
		const exponent = fround(fround(fround(-LOG_PERIOD) * i) / fround(half - freq_shift));
		const angle = fround(fround(timestep) * fround(Math.exp(exponent)));
		embedding[sines + i] = Math.sin(angle);
		embedding[cosines + i] = Math.cos(angle);
	}
	return embedding;
}
