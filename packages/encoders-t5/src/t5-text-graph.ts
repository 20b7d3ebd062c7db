import { type BuiltGraph, Graph, type MoreRows, precisionOn, type WeightSource, Weights } from "@drum/graph";
import type { T5Config } from "./config.ts";
import { t5EncoderModel } from "./t5-encoder-model.ts";
import type { T5TextEncoderOptions } from "./t5-text-options.ts";

/** The graph, and the weights that it uses. */
export function buildGraph(
	options: Pick<T5TextEncoderOptions, "name" | "dtype" | "device">,
	weights: WeightSource,
	config: T5Config,
	tokens: number,
	learned: readonly MoreRows[] = [],
): { graph: BuiltGraph; weights: Weights } {
	const { name, dtype, device = "cpu" } = options;
	const stored = weights.get("encoder.block.0.layer.0.SelfAttention.q.weight");
	const graph = new Graph({ name, precision: precisionOn(device, stored, dtype) });
	const ids = graph.input("input_ids", "int64", ["batch", tokens]);
	const w = new Weights(graph, weights);
	const hidden = t5EncoderModel(w, config, ids, tokens, learned);
	return { graph: graph.build({ hidden }), weights: w };
}
