import { scaled } from "@drum/formats";
import type { TensorSource } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";

/** Opens weights: a safetensors file, or the index of several; 8-bit ones times their factors. @throws as `Checkpoint.open` */
export async function openTensors(path: string): Promise<TensorSource> {
	return scaled(await Checkpoint.open(path));
}
