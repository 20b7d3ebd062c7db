import { type CutGraph, cutGraph } from "@drum/graph";
import { LAYERS, type OutlinedUNet } from "./build-unet.ts";
import type { UNetConfig } from "./config-schema.ts";

/** Cuts the UNet where DeepCache does: the input of the branch's layer is kept, and the middle is all that only this input needs. */
export function cutUNet({ graph, outputs }: OutlinedUNet, config: UNetConfig, branch: number): CutGraph {
	const { predicted, entering } = outputs;
	const level = Math.floor(branch / LAYERS);
	const layers = entering[entering.length - 1 - level]!;
	const layer = config.layers_per_block[level]! - Math.min(branch % LAYERS, config.layers_per_block[level]!);
	return cutGraph(graph, { predicted }, layers[layer]!);
}
