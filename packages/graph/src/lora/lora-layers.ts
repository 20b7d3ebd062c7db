import type { LoraModule } from "@drum/formats";
import { float32, type Tensor } from "@drum/tensor";

/** What one LoRA adds to the layers of one model. */
export interface LoraLayers {
	/** Names the LoRA in messages. */
	readonly name: string;
	readonly modules: readonly LoraModule[];
	/** Equal for equal factors and places: see `loraFingerprint`. */
	readonly fingerprint: string;
}

/** A LoRA's layers in one model, and how much of them counts in a call. */
export interface ScaledLora {
	readonly layers: LoraLayers;
	/** Times what it adds; 0 leaves the model as it is. */
	readonly scale: number;
}

/** A graph's input of the scales, in the order of its LoRAs. */
export const SCALES = "lora_scales";

/** What a graph with these LoRAs is fed besides its own inputs. */
export function loraFeeds(loras: readonly ScaledLora[] = []): Record<string, Tensor<"float32">> {
	if (loras.length === 0) return {};
	const scales = loras.map(({ scale }) => scale);
	return { [SCALES]: float32(Float32Array.from(scales), [scales.length]) };
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
