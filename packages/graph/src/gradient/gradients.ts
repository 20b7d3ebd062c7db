import { ArgumentError } from "@drum/tensor";
import { add } from "../ops/elementwise.ts";
import { type Node, showDims, type Value } from "../value.ts";
import type { Rule } from "./rule.ts";
import { RULES } from "./rules.ts";

/**
 * Reverse mode over the graph that the layers built: the derivative of a scalar by each parameter, of the parameter's shape.
 * The backward pass is added to the same graph as plain operators, so one run gives results and gradients, on any device.
 * Parameters are inputs of the graph, or any values in it; what `loss` is made of besides them is constant.
 * @throws ArgumentError for a loss that is no scalar, a parameter that it does not depend on, or an operator without a rule.
 */
export function gradients(loss: Value, parameters: readonly Value[]): Value[] {
	const { graph } = loss;
	if (loss.dims.length > 0)
		throw new ArgumentError({ what: `the loss ${loss.name}`, expected: "a scalar", found: showDims(loss.dims) });
	const moving = new Set(parameters.map(({ name }) => name));
	const path = graph.trace.filter((node) => {
		if (!takes(node, moving)) return false;
		// Shapes, indices and conditions are constant, whatever they are made of.
		for (const { name, type } of node.outputs) if (type.startsWith("float")) moving.add(name);
		return true;
	});
	const found = new Map<string, Value>([[loss.name, graph.scalar(1, loss.type)]]);
	for (const node of path.toReversed()) {
		const grads = node.outputs.map(({ name }) => found.get(name));
		if (grads.every((grad) => grad === undefined)) continue;
		const terms = ruleOf(node)({ ...node, grads });
		for (const [i, input] of node.inputs.entries()) {
			if (!input || !moving.has(input.name)) continue;
			const before = found.get(input.name);
			const term = termOf(terms, i, node);
			found.set(input.name, before ? add(before, term) : term);
		}
	}
	return parameters.map(({ name, dims }) => {
		const gradient = found.get(name);
		if (gradient) return gradient;
		const what = `parameter ${name} ${showDims(dims)}`;
		throw new ArgumentError({ what, expected: `a value that ${loss.name} depends on`, found: "one that it does not" });
	});
}

/** Whether a node, or the body of a scan, takes any of the values. */
function takes({ inputs, attributes }: Pick<Node, "inputs" | "attributes">, names: ReadonlySet<string>): boolean {
	if (inputs.some((input) => input && names.has(input.name))) return true;
	return Object.values(attributes).some(
		(value) => typeof value === "object" && "body" in value && value.body.nodes.some((node) => takes(node, names)),
	);
}

function termOf(terms: ReturnType<Rule>, at: number, { op, outputs }: Node): Value {
	const term = terms[at];
	if (term) return term();
	throw new ArgumentError({
		what: `the gradient of ${op} (${outputs[0]?.name}) by its input ${at + 1}`,
		expected: "an input that it has a gradient by",
		found: "one that is taken as constant",
		next: "Keep parameters out of what this input is made of",
	});
}

function ruleOf({ op, outputs }: Node) {
	const rule = RULES[op];
	if (rule) return rule;
	throw new ArgumentError({
		what: `the gradient of ${op} (${outputs[0]?.name})`,
		expected: `one of ${Object.keys(RULES).join(", ")}`,
		found: "an operator that has no gradient",
		next: "Build this part of the model of other operators, or keep parameters out of what it takes",
	});
}
