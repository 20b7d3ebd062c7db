import type { WeightSource } from "../weight-source.ts";
import type { LoraLayers } from "./lora-layers.ts";
import type { WeightNorms } from "./row-norms.ts";

/**
 * A checkpoint whose layers take LoRAs: each as a branch next to the weight, which stays where and as it is.
 * @param norms for LoRAs with magnitudes; without them the graph can be checked, and not run
 */
export function withLoras(
	weights: WeightSource,
	loras: readonly LoraLayers[],
	norms: readonly WeightNorms[] = [],
): WeightSource {
	if (loras.length === 0) return weights;
	return {
		name: weights.name,
		get: (tensor) => weights.get(tensor),
		names: () => weights.names(),
		...(weights.quantized && { quantized: (tensor, use) => weights.quantized!(tensor, use) }),
		loras: loras.map((layers, i) => ({ layers, norms: norms[i] })),
	};
}
