import type { TextEncoder } from "@drum/tensor";
import type { RunOptions } from "../session.ts";
import type { WeightSource } from "../weight-source.ts";
import type { LoraLayers, ScaledLora } from "./lora-layers.ts";

/** A model whose layers can have LoRAs. */
export interface TakesLoras {
	/** By the names and shapes of which a LoRA's layers are found. */
	readonly weights: WeightSource;
	/**
	 * Builds the model with a LoRA, without loading anything: the paths of layers that the model has no use for.
	 * @throws CheckpointError naming a factor that does not fit its layer.
	 */
	checkLora(layers: LoraLayers): Promise<readonly string[]>;
}

/** A text encoder whose layers can have LoRAs. */
export interface LoraTextEncoder extends TextEncoder, TakesLoras {
	/**
	 * The same encoder under LoRAs, which shares its memory.
	 * @param print makes the fingerprint, which tells them and their scales: `loraPrint`
	 */
	withLoras(loras: readonly ScaledLora[], print: LoraPrint): TextEncoder;
}

/** A text encoder's fingerprint under LoRAs, of the plain one. */
export type LoraPrint = (plain: string, loras: readonly ScaledLora[]) => string;

/** Options of a run that may be under LoRAs. */
export interface AdaptedRunOptions extends RunOptions {
	/** Others than those of the run before have the model loaded anew; other scales do not. */
	loras?: readonly ScaledLora[] | undefined;
}
