import { type BuiltGraph, Graph, precisionOn, type WeightSource, Weights } from "@drum/graph";
import type { Qwen3Config } from "./config.ts";
import { qwen3Model } from "./qwen3-model.ts";
import type { Qwen3TextEncoderOptions } from "./qwen3-text-options.ts";

/** The graph for a prompt of up to `mostTokens`, and the weights that it uses. */
export function buildGraph(
	options: Pick<Qwen3TextEncoderOptions, "name" | "dtype" | "device">,
	weights: WeightSource,
	config: Qwen3Config,
	{ taps, mostTokens }: { taps: readonly number[]; mostTokens: number },
): { graph: BuiltGraph; weights: Weights } {
	const { name, dtype, device = "cpu" } = options;
	const stored = [...weights.names()]
		.flatMap((tensor) => weights.get(tensor) ?? [])
		.find(({ type }) => /float/.test(type));
	const graph = new Graph({ name, precision: precisionOn(device, stored, dtype) });
	const ids = graph.input("input_ids", "int64", [1, "tokens"]);
	const places = graph.input("places", "int64", ["tokens"]);
	const mask = graph.input("mask", "float32", [1, 1, "tokens", "tokens"]);
	const w = new Weights(graph, weights);
	const rows = qwen3Model(w, config, { ids, places, mask, mostTokens }, taps);
	return { graph: graph.build({ rows }), weights: w };
}
