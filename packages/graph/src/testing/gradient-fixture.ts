import { readFileSync } from "node:fs";
import { parseSafetensors, type Tensor } from "@drum/tensor";
import { add, type Graph, mul, reduceSum, type Value } from "../index.ts";
import type { Case } from "./gradient-cases.ts";

const file = new URL("../fixtures/gradients.safetensors", import.meta.url);
const { tensors } = parseSafetensors(readFileSync(file), "gradients.safetensors");

export const NAMES = [...new Set([...tensors.keys()].map((key) => key.split("/")[0]!))];

/** `in`: inputs; `by`: what each result is multiplied by in the loss; `grad`: PyTorch's derivatives by inputs. */
export function part(name: string, kind: "in" | "by" | "grad"): Record<string, Tensor<"float32">> {
	const prefix = `${name}/${kind}/`;
	const own = [...tensors].filter(([key]) => key.startsWith(prefix));
	return Object.fromEntries(own.map(([key, tensor]) => [key.slice(prefix.length), tensor as Tensor<"float32">]));
}

/** The dims that an input is declared with. */
export type Extents = (dims: readonly number[], input: string) => Value["dims"];

/** Builds a case; each input once, of the fixture's dims unless `extents` gives others. */
export function makeCase(
	graph: Graph,
	name: string,
	make: Case,
	extents: Extents = (dims) => dims,
): { inputs: Record<string, Value>; results: Record<string, Value> } {
	const inputs: Record<string, Value> = {};
	const given: Readonly<Record<string, Tensor>> = part(name, "in");
	const x = (input: string) => {
		const { type, dims } = given[input]!;
		inputs[input] ??= graph.input(input, type as "float32" | "int64" | "bool", extents(dims, input));
		return inputs[input];
	};
	const made = make({ graph, x });
	return { inputs, results: "graph" in made ? { y: made as Value } : (made as Record<string, Value>) };
}

/** The sum of the results, each times an input `by …` of its shape. */
export function lossOf(graph: Graph, results: Readonly<Record<string, Value>>): Value {
	const terms = Object.entries(results).map(([name, result]) => {
		const weighted = mul(result, graph.input(`by ${name}`, "float32", result.dims));
		return reduceSum(weighted, [...result.dims.keys()]);
	});
	return terms.reduce((sum, term) => add(sum, term));
}
