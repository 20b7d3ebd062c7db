import { type BuiltGraph, Graph, linear, type MoreRows, precisionOn, Weights } from "@drum/graph";
import { clipTextModel } from "./clip-text-model.ts";
import type { CLIPTextEncoderOptions } from "./clip-text-options.ts";
import type { CLIPTextConfig } from "./config.ts";

/** Name of the projection's weight. Not all checkpoints have one. */
export const PROJECTION = "text_projection.weight";

/** Other tensors of a whole CLIP model's file. */
const OF_WHOLE_CLIP = /^(vision_model|visual_projection|visual)\.|^logit_scale$/;

/** Only the projection of class rows `[…, width]`, for LoRAs that change it. */
export function buildProjectionGraph(options: CLIPTextEncoderOptions, { hidden_size }: CLIPTextConfig): BuiltGraph {
	const { name, weights, device = "cpu", dtype } = options;
	const graph = new Graph({
		name: `the projection of ${name}`,
		precision: precisionOn(device, weights.get(PROJECTION), dtype),
	});
	const rows = graph.input("rows", "float32", ["rows", hidden_size]);
	const [out] = weights.get(PROJECTION)!.dims;
	return graph.build({
		projected: linear(new Weights(graph, weights).at("text_projection"), rows, out!, { bias: false }),
	});
}

/** The graph, and the weights that it uses. */
export function buildTextGraph(
	options: CLIPTextEncoderOptions,
	config: CLIPTextConfig,
	tokens: number,
	learned: readonly MoreRows[] = [],
): { graph: BuiltGraph; weights: Weights } {
	const { name, weights, skips = [-1], device = "cpu", dtype } = options;
	const places = Array.from(weights.names(), (tensor) => weights.get(tensor)!);
	const stored = places.find(({ type }) => /float/.test(type));
	const graph = new Graph({ name, precision: precisionOn(device, stored, dtype) });
	const ids = graph.input("input_ids", "int64", ["batch", tokens]);
	const endOfText = graph.input("end_of_text", "int64", ["batch"]);
	const w = new Weights(graph, weights);
	const { hiddenStates, textFeatures } = clipTextModel(w, config, ids, endOfText, learned);
	const hidden = skips.map((skip) => [`hidden${skip}`, hiddenStates.at(skip)!] as const);
	return { graph: graph.build({ ...Object.fromEntries(hidden), features: textFeatures }), weights: w };
}

/** Whether an unused tensor is unknown, and not another part of a whole CLIP model. */
export function isStray(tensor: string): boolean {
	return !OF_WHOLE_CLIP.test(tensor);
}
