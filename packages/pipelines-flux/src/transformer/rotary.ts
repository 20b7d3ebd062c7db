import { float32, type Tensor } from "@drum/tensor";

const THETA = 10_000;

/**
 * Cosines and sines of positions for rotary embedding, as diffusers' FluxPosEmbed: all text tokens are at 0, and patches at their row and column.
 * Each `[tokens + rows · columns, head width / 2]`, computed in float64.
 */
export function fluxPositions(
	tokens: number,
	rows: number,
	columns: number,
	axes: readonly number[],
): Record<"cos" | "sin", Tensor<"float32">> {
	const half = axes.reduce((sum, dim) => sum + dim, 0) / 2;
	const count = tokens + rows * columns;
	// Text has angle 0: cosine 1 and sine 0.
	const cos = new Float32Array(count * half).fill(1);
	const sin = new Float32Array(count * half);
	for (let patch = 0; patch < rows * columns; patch++) {
		const place = [0, Math.floor(patch / columns), patch % columns];
		let at = (tokens + patch) * half;
		for (const [axis, dim] of axes.entries()) {
			for (let i = 0; i < dim; i += 2, at++) {
				const angle = place[axis]! / THETA ** (i / dim);
				cos[at] = Math.cos(angle);
				sin[at] = Math.sin(angle);
			}
		}
	}
	return { cos: float32(cos, [count, half]), sin: float32(sin, [count, half]) };
}
