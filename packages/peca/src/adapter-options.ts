import type { Device, WeightOptions } from "@drum/graph";
import type { TensorSource, TextEncoder } from "@drum/tensor";

export interface AdapterOptions extends Omit<WeightOptions, "onLayerErrors"> {
	/** The adapter's published file, such as `weight/L.safetensors`. */
	weights: TensorSource;
	/** The encoder it was trained behind. */
	encoder: TextEncoder;
	/** Default `"cpu"`. */
	device?: Device | undefined;
	threads?: number | undefined;
	/** Bytes up to which a profile's keys and values are kept; those of a larger one are computed in passing. Default half a gigabyte. */
	keptBytes?: number | undefined;
}
