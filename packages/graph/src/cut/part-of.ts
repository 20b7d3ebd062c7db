import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";
import { nodesBetween, usedBy } from "./nodes-between.ts";

/**
 * The way from a graph's inputs and `given` to `outputs`, as a graph of its own with the weights that lie on it: it is fed what is given
 * under those names, floats as float32.
 */
export function partOf(graph: Graph, outputs: readonly Value[], given: Readonly<Record<string, Value>> = {}): Graph {
	const nodes = nodesBetween(graph.trace, Object.values(given), outputs);
	const used = usedBy(nodes);
	for (const { name } of outputs) used.add(name);
	const part = graph.copy(({ name }) => used.has(name));
	for (const [name, value] of Object.entries(given)) {
		const input = part.port(name, value.type === "float16" ? "float32" : value.type, value.dims);
		const same = input.type === value.type;
		const attributes = same ? {} : { to: { type: value.type } };
		part.append({ op: same ? "Identity" : "Cast", domain: "", inputs: [input], outputs: [value], attributes });
	}
	for (const node of nodes) part.append(node);
	return part;
}
