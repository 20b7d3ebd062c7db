import {
	type CutBuild,
	CutSession,
	cutGraph,
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
	Weights,
	weightOptions,
} from "@drum/graph";
import type { Warning } from "@drum/tensor";
import type { FirstBlockParts } from "../cache/first-block.ts";
import type { ModelFiles } from "../model-files.ts";

/** As every transformer stores it; the other weights are of the same type. */
const STORED = "context_embedder.weight";

/** What a transformer's graph gives. */
export interface TransformerOutputs {
	readonly predicted: Value;
	/** Where it is cut behind its first block, if it was asked for. */
	readonly firstBlock?: FirstBlockParts | undefined;
}

export interface OpenedTransformer extends TakesLoras {
	/** Two forms over the same weights, whole and cut, of which one is in memory at a time. */
	readonly session: LazySession;
	readonly cut: CutSession;
	readonly cutBuild: CutBuild;
	/** The weights that the network computes with. */
	readonly used: readonly string[];
	/** That the file holds others. */
	readonly warnings: readonly Warning[];
}

/**
 * The session of a transformer, with the one output `predicted`. Its graph is built at once, which checks the weights' names and
 * shapes; they are read, and quantised where the options say so, when it is first used and again after a release.
 * @param network builds it: the graph's inputs, over these weights, to its output, and where it is cut if that is asked for
 * @throws CheckpointError naming a weight that is missing or of another shape; the signal's reason.
 */
export function transformerSession(
	{ name, checkpoint }: Pick<ModelFiles, "name" | "checkpoint">,
	options: SessionOptions & WeightOptions,
	network: (weights: Weights, cut: boolean) => TransformerOutputs,
): OpenedTransformer {
	const { device = "cpu", threads, dtype } = options;
	options.signal?.throwIfAborted();
	const make = (source: WeightSource, cut = false) => {
		const stored = source.get(STORED);
		const graph = new Graph({ name, precision: precisionOn(device, stored, dtype) });
		const weights = new Weights(graph, source);
		return { graph, weights, ...network(weights, cut) };
	};
	const { weights } = make(checkpoint);
	const build = (source: WeightSource) => {
		const { graph, predicted } = make(source);
		return graph.build({ predicted });
	};
	const ready = async (signal: AbortSignal | undefined, loras: readonly LoraLayers[]) => {
		const source = await quantize(checkpoint, { ...weightOptions(options), build, signal });
		return takeLoras(source, loras, { threads, signal });
	};
	return {
		session: new LazySession(async (signal, loras) => build(await ready(signal, loras)), { device, threads }),
		cut: new CutSession({ device, threads }),
		cutBuild: async (signal, loras) => {
			const { graph, predicted, firstBlock } = make(await ready(signal, loras), true);
			const { kept, others } = firstBlock!;
			return cutGraph(graph, { predicted }, kept, others);
		},
		weights: checkpoint,
		checkLora: async (layers) => {
			const source = await takeLoras(checkpoint, [layers], { norms: false });
			return make(source).weights.unusedLoras();
		},
		used: weights.used(),
		warnings: unusedWeights(weights.unused(), name),
	};
}
