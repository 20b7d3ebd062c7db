import type { Device, WeightOptions } from "@drum/graph";
import type { TensorSource, TextEncoder } from "@drum/tensor";

/** An adapter's weights and encoder, and how it runs. */
export interface AdapterOptions extends Omit<WeightOptions, "onLayerErrors"> {
	/** The adapter's published file, such as `weight/L.safetensors`. */
	weights: TensorSource;
	/** The text encoder that the adapter was trained for. */
	encoder: TextEncoder;
	/** Where the adapter runs. Default `"cpu"`. */
	device?: Device | undefined;
	/** Threads of a run. Default: as many as ONNX Runtime chooses. */
	threads?: number | undefined;
	/** A profile's keys and values are kept up to this many bytes. For a larger profile they are computed in each run. Default 2^29 (512 MiB). */
	keptBytes?: number | undefined;
}
