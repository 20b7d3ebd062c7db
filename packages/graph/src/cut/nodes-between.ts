import { isBody, type Node, type Value } from "../value.ts";

/** The nodes on the way to `outputs` that is left when `given` are there, in their order. */
export function nodesBetween(
	nodes: readonly Node[],
	given: readonly Pick<Value, "name">[],
	outputs: readonly Pick<Value, "name">[],
): Node[] {
	const there = new Set(given.map(({ name }) => name));
	const wanted = new Set(outputs.map(({ name }) => name));
	const found: Node[] = [];
	for (const node of nodes.toReversed()) {
		if (!node.outputs.some(({ name }) => wanted.has(name) && !there.has(name))) continue;
		found.push(node);
		for (const name of inputsOf(node)) wanted.add(name);
	}
	return found.reverse();
}

/** The names of all values that nodes take. */
export function usedBy(nodes: readonly Node[]): Set<string> {
	return new Set(nodes.flatMap(inputsOf));
}

/** What is made of weights and constants alone is in none of these: nodes that something of `inputs` comes into. */
export function fedNodes(nodes: readonly Node[], inputs: ReadonlySet<string>): Set<Node> {
	const fed = new Set(inputs);
	const found = new Set<Node>();
	for (const node of nodes) {
		if (!inputsOf(node).some((name) => fed.has(name))) continue;
		found.add(node);
		for (const { name } of node.outputs) fed.add(name);
	}
	return found;
}

/** What a body within a node takes from around it, too. */
function inputsOf({ inputs, attributes }: Node): string[] {
	const bodies = Object.values(attributes).filter(isBody);
	const within = bodies.flatMap(({ body }) => [
		...body.nodes.flatMap(inputsOf),
		...body.outputs.map(({ name }) => name),
	]);
	return [...inputs.flatMap((value) => (value ? [value.name] : [])), ...within];
}
