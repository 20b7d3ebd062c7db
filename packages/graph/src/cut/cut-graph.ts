import type { BuiltGraph } from "../built-graph.ts";
import type { Graph } from "../graph.ts";
import type { Node } from "../onnx.ts";
import type { Value } from "../value.ts";
import { fedNodes, nodesBetween, usedBy } from "./nodes-between.ts";
import { partOf } from "./part-of.ts";

/** A network in three parts, so that the middle can be left out and what it gave before be taken. No part does another's work. */
export interface CutGraph {
	/** Gives what the others take of it, by the names of their inputs, and what it was asked for beside. */
	readonly beginning: BuiltGraph;
	/** Gives `kept`. */
	readonly middle: BuiltGraph;
	/** Takes `kept`, and gives the network's outputs. */
	readonly end: BuiltGraph;
	/** The names of what the others take of the beginning. */
	readonly crossing: readonly string[];
}

/**
 * Cuts a network where `kept` lies: the beginning is what both it and, beside it, the outputs need, of which there must be something.
 * @param beside other outputs of the beginning, by their names
 */
export function cutGraph(
	graph: Graph,
	outputs: Readonly<Record<string, Value>>,
	kept: Value,
	beside: Readonly<Record<string, Value>> = {},
): CutGraph {
	const nodes = graph.trace;
	const wanted = Object.values(outputs);
	const fed = fedNodes(nodes, new Set(graph.inputs.map(({ name }) => name)));
	const toKept = new Set(nodesBetween(nodes, [], [kept]));
	const toOutputs = nodesBetween(nodes, [kept], wanted);
	const first = new Set(nodesBetween(nodes, [], Object.values(beside)));
	for (const node of toOutputs) if (toKept.has(node)) first.add(node);
	const isFirst = (node: Node) => first.has(node) && fed.has(node);

	const taken = (part: readonly Node[], own: readonly Value[]) => {
		const used = usedBy(part.filter((node) => !isFirst(node)));
		for (const { name } of own) used.add(name);
		return nodes.filter(isFirst).flatMap((node) => node.outputs.filter(({ name }) => used.has(name)));
	};
	const named = (values: readonly Value[]) => Object.fromEntries(values.map((value) => [`of ${value.name}`, value]));
	const ofMiddle = taken([...toKept], []);
	const ofEnd = taken(toOutputs, wanted);
	const crossing = named([...ofMiddle, ...ofEnd]);
	const firstOutputs = { ...crossing, ...beside };
	return {
		crossing: Object.keys(crossing),
		beginning: partOf(graph, Object.values(firstOutputs)).build(firstOutputs),
		middle: partOf(graph, [kept], named(ofMiddle)).build({ kept }),
		end: partOf(graph, wanted, { ...named(ofEnd), kept }).build(outputs),
	};
}
