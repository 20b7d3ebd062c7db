import type { WeightSource } from "../weight-source.ts";
import { adaptedAffine } from "./adapted-affine.ts";
import { adaptedConv } from "./adapted-conv.ts";
import { GraphLoras } from "./graph-loras.ts";
import type { LoraLayers } from "./lora-layers.ts";
import type { WeightNorms } from "./row-norms.ts";

/**
 * A checkpoint whose layers take LoRAs. Each LoRA is a branch next to the weight, which is neither moved nor changed.
 * @param norms for LoRAs with magnitudes. Without them the graph can be checked, but not run
 */
export function withLoras(
	weights: WeightSource,
	loras: readonly LoraLayers[],
	norms: readonly WeightNorms[] = [],
): WeightSource {
	if (loras.length === 0) return weights;
	const all = loras.map((layers, i) => ({ layers, norms: norms[i] }));
	return {
		name: weights.name,
		get: (tensor) => weights.get(tensor),
		names: () => weights.names(),
		...(weights.quantized && { quantized: (tensor, use) => weights.quantized!(tensor, use) }),
		loras: { into: (graph, bring) => new GraphLoras(graph, all, bring), affine: adaptedAffine, conv: adaptedConv },
	};
}
