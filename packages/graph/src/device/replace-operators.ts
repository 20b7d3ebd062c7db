import { type Body, isBody, type Node, type OpenGraph, type Value } from "../value.ts";
import { plainForm, type Replaced } from "./plain-forms.ts";

/** Copies nodes into another graph, which has their inputs; operators that are replaced come in plain form. */
export function replaceOperators(nodes: readonly Node[], into: OpenGraph, replaced: Replaced): void {
	const results = new Map<string, Value>();
	const moved = (value: Value): Value => results.get(value.name) ?? { ...value, graph: into };

	const copy = (node: Node): void => {
		const inputs = node.inputs.map((value) => value && moved(value));
		const plain = plainForm({ ...node, inputs }, replaced);
		if (plain) results.set(node.outputs[0]!.name, plain);
		else into.append({ ...node, inputs, attributes: attributesOf(node) });
	};

	const attributesOf = ({ attributes }: Node): Node["attributes"] =>
		Object.fromEntries(
			Object.entries(attributes).map(([name, value]) => [name, isBody(value) ? { body: copyBody(value.body) } : value]),
		);

	const copyBody = (body: Body): Body => ({
		nodes: into.within(() => body.nodes.forEach(copy)),
		inputs: body.inputs,
		outputs: body.outputs.map((port) => results.get(port.name) ?? port),
	});

	nodes.forEach(copy);
}
