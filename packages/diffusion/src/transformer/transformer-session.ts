import {
	Graph,
	LazySession,
	precisionOn,
	quantize,
	type SessionOptions,
	type Value,
	type WeightOptions,
	type WeightSource,
	type Weights,
} from "@drum/graph";
import type { ModelFiles } from "../model-files.ts";
import { refuseUnusedWeights } from "./unused-weights.ts";

/** As every transformer stores it; the other weights are of the same type. */
const STORED = "context_embedder.weight";

/**
 * The session of a transformer, with the one output `predicted`. Its graph is built at once, which checks the weights' names and
 * shapes; they are read, and quantised where the options say so, when it is first used and again after a release.
 * @param predict builds the network: the graph's inputs, over these weights, to its output
 * @throws CheckpointError naming a weight that is missing, of another shape, or of no use to the network; the signal's reason.
 */
export function transformerSession(
	{ name, checkpoint }: Pick<ModelFiles, "name" | "checkpoint">,
	options: SessionOptions & WeightOptions,
	predict: (weights: Weights) => Value,
): LazySession {
	const { device = "cpu", threads, dtype } = options;
	options.signal?.throwIfAborted();
	const build = (source: WeightSource) => {
		const stored = source.get(STORED)?.type ?? "float32";
		const graph = new Graph({ name, precision: precisionOn(device, stored, dtype) });
		const weights = graph.weights(source);
		const predicted = predict(weights);
		refuseUnusedWeights(weights, name, "transformer");
		return graph.build({ predicted });
	};
	build(checkpoint);
	const load = async (signal: AbortSignal) => build(await quantize(checkpoint, { ...options, build, signal }));
	return new LazySession(load, { device, threads });
}
