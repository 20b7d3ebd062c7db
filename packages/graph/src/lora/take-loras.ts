import type { WeightSource } from "../weight-source.ts";
import type { LoraLayers } from "./lora-layers.ts";
import type { WeightNorms } from "./row-norms.ts";
import { weightNorms } from "./weight-norms.ts";
import { withLoras } from "./with-loras.ts";

/** `withLoras`, ready to run: the norms that magnitudes need are taken first. */
export async function takeLoras(
	weights: WeightSource,
	loras: readonly LoraLayers[],
	options: { threads?: number | undefined; signal?: AbortSignal | undefined } = {},
): Promise<WeightSource> {
	const norms: WeightNorms[] = [];
	for (const layers of loras) norms.push(await weightNorms(weights, layers, options));
	return withLoras(weights, loras, norms);
}
