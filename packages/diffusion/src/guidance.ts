const f32 = Math.fround;

/**
 * Classifier-free guidance: ε = ε_∅ + s·(ε_c − ε_∅), each operation rounded as float32 tensors round it.
 * `predicted` holds the predictions without the prompt, then those with it; the result is half as long.
 */
export function classifierFreeGuidance(predicted: Float32Array, scale: number): Float32Array {
	const size = predicted.length / 2;
	const s = f32(scale);
	const guided = new Float32Array(size);
	for (let i = 0; i < size; i++) {
		const plain = predicted[i]!;
		guided[i] = plain + f32(s * f32(predicted[size + i]! - plain));
	}
	return guided;
}

/**
 * Skip-layer guidance: leads away from what is predicted for the prompt without some of the network's blocks,
 * ε + s·(ε_c − ε_skip), all of the same size.
 */
export function skipLayerGuidance(
	guided: Float32Array,
	conditioned: Float32Array,
	skipped: Float32Array,
	scale: number,
): Float32Array {
	const s = f32(scale);
	return guided.map((value, i) => value + f32(f32(conditioned[i]! - skipped[i]!) * s));
}

/**
 * Takes back the contrast that guidance adds, each picture's own: φ·ε·(std ε_c / std ε) + (1 − φ)·ε, after "Common Diffusion
 * Noise Schedules and Sample Steps are Flawed", Eq. 15 and 16.
 * @param guided What guidance gave, flat, of as many `pictures`.
 * @param conditioned The predictions with the prompt, of the same size.
 * @param rescale φ, from 0 (nothing is changed) to 1.
 */
export function rescaleGuidance(
	guided: Float32Array,
	conditioned: Float32Array,
	rescale: number,
	pictures: number,
): Float32Array {
	const size = guided.length / pictures;
	const [share, rest] = [f32(rescale), f32(1 - rescale)];
	const rescaled = new Float32Array(guided.length);
	for (let start = 0; start < guided.length; start += size) {
		const own = guided.subarray(start, start + size);
		const spread = deviation(own);
		// A prediction without any contrast has none to take back.
		const ratio = spread === 0 ? 1 : f32(deviation(conditioned.subarray(start, start + size)) / spread);
		for (const [i, value] of own.entries()) {
			rescaled[start + i] = f32(share * f32(value * ratio)) + f32(rest * value);
		}
	}
	return rescaled;
}

/** Of a sample: over n − 1, summed in float64 as PyTorch does. */
function deviation(values: Float32Array): number {
	let sum = 0;
	for (const value of values) sum += value;
	const mean = sum / values.length;
	let squares = 0;
	for (const value of values) squares += (value - mean) ** 2;
	return f32(Math.sqrt(squares / (values.length - 1)));
}
