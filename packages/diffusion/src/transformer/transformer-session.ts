import {
	Graph,
	LazySession,
	type LoraLayers,
	precisionOn,
	quantize,
	type SessionOptions,
	type TakesLoras,
	takeLoras,
	unusedWeights,
	type Value,
	type WeightOptions,
	type WeightSource,
	type Weights,
	withLoras,
} from "@drum/graph";
import type { Warning } from "@drum/tensor";
import type { ModelFiles } from "../model-files.ts";

/** As every transformer stores it; the other weights are of the same type. */
const STORED = "context_embedder.weight";

export interface OpenedTransformer extends TakesLoras {
	readonly session: LazySession;
	/** The weights that the network computes with. */
	readonly used: readonly string[];
	/** That the file holds others. */
	readonly warnings: readonly Warning[];
}

/**
 * The session of a transformer, with the one output `predicted`. Its graph is built at once, which checks the weights' names and
 * shapes; they are read, and quantised where the options say so, when it is first used and again after a release.
 * @param predict builds the network: the graph's inputs, over these weights, to its output
 * @throws CheckpointError naming a weight that is missing or of another shape; the signal's reason.
 */
export function transformerSession(
	{ name, checkpoint }: Pick<ModelFiles, "name" | "checkpoint">,
	options: SessionOptions & WeightOptions,
	predict: (weights: Weights) => Value,
): OpenedTransformer {
	const { device = "cpu", threads, dtype } = options;
	options.signal?.throwIfAborted();
	const make = (source: WeightSource) => {
		const stored = source.get(STORED);
		const graph = new Graph({ name, precision: precisionOn(device, stored, dtype) });
		const weights = graph.weights(source);
		return { graph: graph.build({ predicted: predict(weights) }), weights };
	};
	const { weights } = make(checkpoint);
	const build = (source: WeightSource) => make(source).graph;
	const load = async (signal: AbortSignal, loras: readonly LoraLayers[]) => {
		const source = await quantize(checkpoint, { ...options, build, signal });
		return build(await takeLoras(source, loras, { threads, signal }));
	};
	return {
		session: new LazySession(load, { device, threads }),
		weights: checkpoint,
		checkLora: (layers) => make(withLoras(checkpoint, [layers])).weights.unusedLoras(),
		used: weights.used(),
		warnings: unusedWeights(weights.unused(), name),
	};
}
