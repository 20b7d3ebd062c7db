import type { LoraModule } from "@drum/formats";
import { float32, type Tensor } from "@drum/tensor";
import type { WeightSource } from "../weights.ts";
import type { WeightNorms } from "./weight-norms.ts";

/** What one LoRA adds to the layers of one model. */
export interface LoraLayers {
	/** Names the LoRA in messages. */
	readonly name: string;
	readonly modules: readonly LoraModule[];
}

/** A LoRA's layers in one model, and how much of them counts in a call. */
export interface ScaledLora {
	readonly layers: LoraLayers;
	/** Times what it adds; 0 leaves the model as it is. */
	readonly scale: number;
}

/** A graph's input of the scales, in the order of its LoRAs. */
export const SCALES = "lora_scales";

/** What a graph with these LoRAs is fed beside its own inputs. */
export function loraFeeds(loras: readonly ScaledLora[] = []): Record<string, Tensor<"float32">> {
	if (loras.length === 0) return {};
	const scales = loras.map(({ scale }) => scale);
	return { [SCALES]: float32(Float32Array.from(scales), [scales.length]) };
}

/**
 * A checkpoint whose layers take LoRAs: each as a branch beside the weight, which stays where and as it is.
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

const numbers = new WeakMap<LoraLayers, number>();
let count = 0;

/** Equal for the same LoRAs in the same order: a graph is built for them, whatever their scales. */
export function loraKey(loras: readonly Pick<ScaledLora, "layers">[] = []): string {
	return loras
		.map(({ layers }) => {
			if (!numbers.has(layers)) numbers.set(layers, count++);
			return numbers.get(layers);
		})
		.join();
}
