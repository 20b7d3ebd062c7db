/**
 * Classifier-free guidance: ε = ε_∅ + s·(ε_c − ε_∅), each operation rounded as float32 tensors round it.
 * `predicted` holds the predictions without the prompt, then those with it; the result is half as long.
 */
export function classifierFreeGuidance(predicted: Float32Array, scale: number): Float32Array {
	const size = predicted.length / 2;
	const s = Math.fround(scale);
	const guided = new Float32Array(size);
	for (let i = 0; i < size; i++) {
		const plain = predicted[i]!;
		guided[i] = plain + Math.fround(s * Math.fround(predicted[size + i]! - plain));
	}
	return guided;
}
