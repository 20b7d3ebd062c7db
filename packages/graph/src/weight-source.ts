import type { TensorSource } from "@drum/tensor";
import type { LayerError } from "./layer-errors.ts";
import type { SourceLoras } from "./lora/source-loras.ts";
import type { QuantizedMatrix, WeightUse } from "./quantize/formats.ts";

/** Where a checkpoint's tensors lie; `Checkpoint` of `@drum/tensor` is one. */
export interface WeightSource extends TensorSource {
	/** A weight's quantised form, where the source has one; asked for each matrix and kernel that a layer multiplies with. */
	quantized?(tensor: string, use: WeightUse): QuantizedMatrix | undefined;
	/** Layers are computed as they are stored, and also quantised: called with how far the two are apart, with each run. */
	compared?(errors: readonly LayerError[]): void;
	/** What layers have besides their weights: see `takeLoras`. */
	readonly loras?: SourceLoras | undefined;
}
