import { loadPart } from "@drum/tensor";
import type { WeightSource } from "../weight-source.ts";
import type { LoraLayers } from "./lora-layers.ts";

interface TakeLorasOptions {
	threads?: number | undefined;
	signal?: AbortSignal | undefined;
	/** Whether the norms are taken that magnitudes need; without them a graph can be checked, and not run. Default true. */
	norms?: boolean | undefined;
}

/**
 * A checkpoint whose layers take LoRAs. Each LoRA is a branch next to the weight, which is neither moved nor changed.
 * @throws DownloadError if their code cannot be downloaded; the signal's reason.
 */
export async function takeLoras(
	weights: WeightSource,
	loras: readonly LoraLayers[],
	{ norms = true, ...options }: TakeLorasOptions = {},
): Promise<WeightSource> {
	if (loras.length === 0) return weights;
	const { weightNorms, withLoras } = await loadPart(() => import("./of-loras.ts"));
	const taken = [];
	for (const layers of norms ? loras : []) taken.push(await weightNorms(weights, layers, options));
	return withLoras(weights, loras, taken);
}
