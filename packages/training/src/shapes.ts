import { type AdapterConfig, refuseLengths } from "@drum/peca/model";
import type { TextEncoder } from "@drum/tensor";
import type { TrainingSettings } from "./settings.ts";

/**
 * Sizes of the adapter for an encoder.
 * @throws ArgumentError for an encoder whose prompts have different lengths
 */
export function configOf(encoder: TextEncoder, { layers, encodeRatio }: TrainingSettings): AdapterConfig {
	refuseLengths(encoder);
	const { width, heads, tokens, hasClassRow } = encoder;
	const rows = tokens + (hasClassRow ? 1 : 0);
	return { width, inner: width / encodeRatio, heads: heads / encodeRatio, tokens, rows, layers };
}

/** Shapes of what training changes, under the published names. `base_query` is published with them and stays as it was drawn. */
export function parameterShapes({ width, inner, layers }: AdapterConfig): Record<string, readonly number[]> {
	const shapes: Record<string, readonly number[]> = {};
	const linear = (path: string, from: number, to: number) => {
		shapes[`${path}.weight`] = [to, from];
		shapes[`${path}.bias`] = [to];
	};
	if (inner !== width) linear("pre_proj", width, inner);
	for (let layer = 0; layer < layers; layer++) {
		for (const name of ["query", "key", "value", "proj"]) linear(`tf.${layer}.attn.${name}`, inner, inner);
		linear(`tf.${layer}.ff.0`, inner, width / 4);
		linear(`tf.${layer}.ff.2`, width / 4, inner);
		for (const name of ["norm1", "norm2"]) {
			shapes[`tf.${layer}.${name}.weight`] = [inner];
			shapes[`tf.${layer}.${name}.bias`] = [inner];
		}
	}
	if (inner !== width) linear("post_proj", inner, width);
	return shapes;
}

/** Weight decay excludes what the authors exclude (drum/optimizer.py): tensors of fewer than two dimensions, norms and biases. */
export function decays(name: string, dims: readonly number[]): boolean {
	return dims.length >= 2 && !/norm|bias/.test(name);
}
