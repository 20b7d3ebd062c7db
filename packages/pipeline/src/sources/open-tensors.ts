import { scaled } from "@drum/formats";
import { type ByteSource, Checkpoint, type TensorSource } from "@drum/tensor";

/** Opens weights: a safetensors file, or the index of several. Weights in 8 bits are multiplied by their factors. @throws as `Checkpoint.open` */
export async function openTensors(file: ByteSource): Promise<TensorSource> {
	return scaled(await Checkpoint.open(file));
}
