import {
	type AdamwFactors,
	type AdamwSettings,
	adamw,
	add,
	type BuiltGraph,
	Graph,
	gradients,
	layerNorm,
	matmul,
	mergeHeads,
	mul,
	parameters,
	slice,
	softmax,
	splitHeads,
	type Value,
	where,
} from "@drum/graph";
import { type AdapterConfig, type Attend, adapter, type Join, output } from "@drum/peca/model";
import { reconstructionLoss } from "./loss.ts";
import { decays, parameterShapes } from "./shapes.ts";

export interface TrainingGraphOptions extends AdamwSettings {
	config: AdapterConfig;
	/** The number of captions of one run of the graph. */
	batch: number;
	/** The dropout rate. At 0, the graph takes no masks. */
	dropout: number;
	/** The number of runs whose gradients make one step. */
	accumulate: number;
}

/** The places of dropout, in order. Each is an input `[batch, …]` of the graph. */
export function maskShapes({ config, batch, dropout }: TrainingGraphOptions): Record<string, readonly number[]> {
	if (dropout === 0) return {};
	const { heads, rows, tokens, inner, layers } = config;
	const shapes: Record<string, readonly number[]> = {};
	for (let layer = 0; layer < layers; layer++) {
		shapes[`mask.${layer}.attention`] = [batch, heads, rows, tokens];
		shapes[`mask.${layer}.attended`] = [batch, rows, inner];
		shapes[`mask.${layer}.ff`] = [batch, rows, inner];
	}
	return shapes;
}

/** The scalar inputs of one step. */
export const FACTORS = ["keep", "rate", "floor"] as const;

/** Names of a graph's inputs and outputs for a parameter. */
export const sumOf = (name: string) => `sum.${name}`;
export const firstOf = (name: string) => `first.${name}`;
export const secondOf = (name: string) => `second.${name}`;

export function renamed<T>(tensors: Readonly<Record<string, T>>, nameOf: (name: string) => string): Record<string, T> {
	return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [nameOf(name), tensor]));
}

/**
 * A training step as one graph. `"sum"`: forward, loss, backward, and the gradients added to the sums so far. `"step"`: the
 * same, and AdamW. Each takes parameters and states by name and gives the next ones under `output(name)`, and `loss`.
 */
export function trainingGraph(kind: "sum" | "step", options: TrainingGraphOptions): BuiltGraph {
	const { config, batch, accumulate } = options;
	const graph = new Graph({ name: "the training step" });
	const shapes = parameterShapes(config);
	const { weights, values } = parameters(graph, shapes);
	const goal = graph.input("goal", "float32", [batch, config.rows, config.width]);
	const baseQuery = graph.input("base_query", "float32", [1, config.rows, config.width]);
	const context = slice(goal, 1, 0, config.tokens);
	const { attend, join } = trainedParts(graph, options);
	const found = adapter(weights, config, baseQuery, context, attend, join);
	const loss = reconstructionLoss(found, goal, config);

	const names = Object.keys(shapes);
	const state = (name: string) => graph.input(name, "float32", shapes[name.slice(name.indexOf(".") + 1)]!);
	const here = gradients(
		loss,
		names.map((name) => values[name]!),
	);
	const sums = accumulate === 1 ? here : here.map((gradient, i) => add(state(sumOf(names[i]!)), gradient));
	const outputs: Record<string, Value> = { loss };
	if (kind === "sum") {
		for (const [i, name] of names.entries()) outputs[output(sumOf(name))] = sums[i]!;
		return graph.build(outputs);
	}
	const factors = Object.fromEntries(
		FACTORS.map((name) => [name, graph.input(name, "float32", [1])]),
	) as unknown as AdamwFactors<Value>;
	for (const [i, name] of names.entries()) {
		const gradient = accumulate === 1 ? sums[i]! : mul(sums[i]!, 1 / accumulate);
		const before = { parameter: values[name]!, first: state(firstOf(name)), second: state(secondOf(name)) };
		const after = adamw(before, gradient, factors, { ...options, decays: decays(name, shapes[name]!) });
		outputs[output(name)] = after.parameter;
		outputs[output(firstOf(name))] = after.first;
		outputs[output(secondOf(name))] = after.second;
	}
	return graph.build(outputs);
}

/**
 * Attention and residual sums with dropout at the authors' three places of a block. Without the fused kernel, which does not output attention
 * weights.
 */
function trainedParts(graph: Graph, options: TrainingGraphOptions): { attend: Attend; join: Join } {
	const { config, dropout } = options;
	const { heads, inner } = config;
	const masks = Object.entries(maskShapes(options)).map(([name, dims]) => graph.input(name, "bool", dims));
	/** The caller scales it by 1 / (1 − dropout). */
	const dropped = (x: Value) => (dropout === 0 ? x : where(masks.shift()!, x, 0));
	const scale = 1 / (1 - dropout);
	const attend: Attend = (_, query, key, value) => {
		const [q, k, v] = [query, key, value].map((x) => splitHeads(x, heads));
		const weights = softmax(matmul(q!, k!, { scale: 1 / Math.sqrt(inner / heads), transB: true }));
		return mergeHeads(matmul(dropped(weights), v!, { scale }));
	};
	const join: Join = (w, x, y) => layerNorm(w, add(x, dropout === 0 ? y : mul(dropped(y), scale)));
	return { attend, join };
}
