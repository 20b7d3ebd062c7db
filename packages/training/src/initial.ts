import type { AdapterConfig } from "@drum/peca/model";
import { float32, RandomState, sizeOf, type Tensor } from "@drum/tensor";
import { parameterShapes } from "./shapes.ts";

/** A new adapter, as the authors initialise it: Xavier's uniform weights, zero biases, unit norms. */
export function initialParameters(config: AdapterConfig, seed: number): Record<string, Tensor<"float32">> {
	const random = new RandomState(seed);
	return Object.fromEntries(
		Object.entries(parameterShapes(config)).map(([name, dims]) => {
			const size = sizeOf(dims);
			if (dims.length < 2) return [name, float32(new Float32Array(size).fill(name.endsWith("weight") ? 1 : 0), dims)];
			const bound = Math.sqrt(6 / (dims[0]! + dims[1]!));
			const uniform = random.random(size);
			return [
				name,
				float32(
					Float32Array.from(uniform, (x) => (2 * x - 1) * bound),
					dims,
				),
			];
		}),
	);
}

/** The published file's learned query, which a run with the empty prompt's states never uses: N(0, 0.02²) `[1, rows, inner]`. */
export function initialQuery({ rows, inner }: AdapterConfig, seed: number): Tensor<"float32"> {
	const draws = new RandomState(seed).randn(rows * inner);
	return float32(
		Float32Array.from(draws, (x) => 0.02 * x),
		[1, rows, inner],
	);
}
