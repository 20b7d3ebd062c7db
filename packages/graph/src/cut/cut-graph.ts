import type { BuiltGraph } from "../built-graph.ts";
import type { Graph } from "../graph.ts";
import { asItLies, turned } from "../ops/channels-last.ts";
import type { Node, Value } from "../value.ts";
import { fedNodes, nodesBetween, usedBy } from "./nodes-between.ts";
import { partOf } from "./part-of.ts";

/** A network in three parts. The middle can be left out, and what it gave earlier be used again. No part repeats another's work. */
export interface CutGraph {
	/** Gives what the other parts take, by the names of their inputs, and the `others` that it was asked for. */
	readonly beginning: BuiltGraph;
	/** Gives `kept`. */
	readonly middle: BuiltGraph;
	/** Takes `kept`, and gives the network's outputs. */
	readonly end: BuiltGraph;
	/** The names of those outputs of the beginning that the other parts take. */
	readonly crossing: readonly string[];
}

/**
 * Cuts a network at `kept`. The beginning is what `kept` needs and the outputs need too when `kept` is given: there must be something of
 * the kind. The rest of what `kept` needs is the middle.
 * @param others more outputs of the beginning, by their names
 */
export function cutGraph(
	graph: Graph,
	outputs: Readonly<Record<string, Value>>,
	at: Value,
	others: Readonly<Record<string, Value>> = {},
): CutGraph {
	const kept = asItLies(at);
	const wanted = Object.values(outputs).map(turned);
	const beside = Object.values(others).map(turned);
	const nodes = graph.trace;
	const fed = fedNodes(nodes, new Set(graph.inputs.map(({ name }) => name)));
	const toKept = new Set(nodesBetween(nodes, [], [kept]));
	const toOutputs = nodesBetween(nodes, [kept], wanted);
	const first = new Set(nodesBetween(nodes, [], beside));
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
	const firstOutputs = { ...crossing, ...others };
	return {
		crossing: Object.keys(crossing),
		beginning: partOf(graph, Object.values(firstOutputs)).build(firstOutputs),
		middle: partOf(graph, [kept], named(ofMiddle)).build({ kept }),
		end: partOf(graph, wanted, { ...named(ofEnd), kept }).build(outputs),
	};
}
