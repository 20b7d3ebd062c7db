/**
 * Cosines and sines of each token's angles, `[tokens, headDim / 2]` each, row by row: Qwen3RotaryEmbedding. Each operation in float32, as in the
 * reference, because at token 500 the rounding of an angle is already 3e-5.
 */
export function rotaryTable(tokens: number, headDim: number, theta: number): { cos: Float32Array; sin: Float32Array } {
	const { fround } = Math;
	const half = headDim / 2;
	const frequencies = Array.from({ length: half }, (_, i) =>
		fround(1 / fround(fround(theta) ** fround((2 * i) / headDim))),
	);
	const angles = Array.from({ length: tokens * half }, (_, i) => fround(Math.floor(i / half) * frequencies[i % half]!));
	return { cos: Float32Array.from(angles, Math.cos), sin: Float32Array.from(angles, Math.sin) };
}
