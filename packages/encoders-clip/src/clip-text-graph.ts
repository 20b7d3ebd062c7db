import { type BuiltGraph, Graph, precisionOn, type Weights } from "@drum/graph";
import { clipTextModel } from "./clip-text-model.ts";
import type { CLIPTextEncoderOptions } from "./clip-text-options.ts";
import type { CLIPTextConfig } from "./config.ts";

/** The graph, and what it took of the weights. */
export function buildTextGraph(
	options: CLIPTextEncoderOptions,
	config: CLIPTextConfig,
	tokens: number,
): { graph: BuiltGraph; weights: Weights } {
	const { name, weights, skips = [-1], device = "cpu" } = options;
	const places = Array.from(weights.names(), (tensor) => weights.get(tensor)!);
	const stored = places.find(({ type }) => /float/.test(type));
	const graph = new Graph({ name, precision: precisionOn(device, stored) });
	const ids = graph.input("input_ids", "int64", ["batch", tokens]);
	const endOfText = graph.input("end_of_text", "int64", ["batch"]);
	const w = graph.weights(weights);
	const { hiddenStates, textFeatures } = clipTextModel(w, config, ids, endOfText);
	const hidden = skips.map((skip) => [`hidden${skip}`, hiddenStates.at(skip)!] as const);
	return { graph: graph.build({ ...Object.fromEntries(hidden), features: textFeatures }), weights: w };
}
