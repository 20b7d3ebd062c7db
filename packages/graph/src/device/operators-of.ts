import { isBody, type Node } from "../value.ts";

/** The operators of nodes, each with its results' type as a trial names them: `"Conv float32"`. */
export function operatorsOf(nodes: readonly Node[]): Set<string> {
	const bodies = nodes.flatMap(({ attributes }) => Object.values(attributes).filter(isBody));
	const within = bodies.flatMap(({ body }) => [...operatorsOf(body.nodes)]);
	return new Set([...nodes.map(({ op, outputs }) => `${op} ${outputs[0]?.type}`), ...within]);
}
