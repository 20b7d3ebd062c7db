import { type BuiltGraph, Graph, precisionOn, Weights } from "@drum/graph";
import { checkUnused } from "./adapter-config.ts";
import {
	type AdapterConfig,
	passingReferences,
	personalizedAdapter,
	preparedReferences,
	prepareReferences,
	type References,
	referenceInputs,
} from "./adapter-model.ts";
import type { AdapterOptions } from "./adapter-options.ts";

/**
 * An adapter's graphs. `keep` stores references in the runtime as they are, and `pass` personalises prompts with them. `prepare` stores their
 * keys and values instead, and `personalize` uses those.
 */
export type GraphKind = "keep" | "prepare" | "pass" | "personalize";

export function adapterGraph(kind: GraphKind, options: AdapterOptions, config: AdapterConfig): BuiltGraph {
	if (kind === "keep") return keepGraph(options, config);
	return kind === "prepare" ? prepareGraph(options, config) : conditionGraph(options, config, kind === "pass");
}

function begin({ weights, device = "cpu", encoder, dtype }: AdapterOptions) {
	const [first] = weights.names();
	const precision = precisionOn(device, first === undefined ? undefined : weights.get(first), dtype);
	const graph = new Graph({ name: `the adapter of ${encoder.name}`, precision });
	return { graph, w: new Weights(graph, weights) };
}

/** Stores references in the runtime, so that they are copied there once and not for each prompt. */
function keepGraph(options: AdapterOptions, config: AdapterConfig): BuiltGraph {
	const { graph } = begin(options);
	const { references, shares } = referenceInputs(graph, config);
	return graph.build({ [output("references")]: references, [output("shares")]: shares });
}

function prepareGraph(options: AdapterOptions, config: AdapterConfig): BuiltGraph {
	const { graph, w } = begin(options);
	const baseQuery = graph.input("base_query", "float32", [1, config.rows, config.width]);
	const { first, prepared } = prepareReferences(w, config, baseQuery, referenceInputs(graph, config));
	const keys = prepared.flatMap(({ keys, values }) => [keys, values]);
	const named = keyNames(config).map((name, i) => [output(name), keys[i]!] as const);
	return graph.build({ [output("first")]: first, ...Object.fromEntries(named) });
}

function conditionGraph(options: AdapterOptions, config: AdapterConfig, passing: boolean): BuiltGraph {
	const { graph, w } = begin(options);
	const { width, inner, heads, tokens, rows } = config;
	const baseQuery = graph.input("base_query", "float32", ["batch", rows, width]);
	const target = graph.input("target", "float32", ["batch", tokens, width]);
	const alpha = graph.input("alpha", "float32", [1]);
	let references: References;
	if (passing) references = passingReferences(w, config, referenceInputs(graph, config));
	else {
		const first = graph.input("first", "float32", [1, rows, inner]);
		const inputs = keyNames(config).map((name) => {
			const each = [inner / heads, `${tokens}*size`];
			return graph.input(name, "float32", ["chunks", heads, ...(name.startsWith("keys") ? each : each.reverse())]);
		});
		const prepared = inputs.flatMap((keys, i) => (i % 2 === 0 ? [{ keys, values: inputs[i + 1]! }] : []));
		references = preparedReferences(config, first, prepared);
	}
	const personalized = personalizedAdapter(w, config, baseQuery, target, alpha, references);
	if (passing) checkUnused(w, options);
	return graph.build({ rows: personalized });
}

/** Names of the keys and values of all blocks but the first, whose sum over the references is constant. */
export function keyNames({ layers }: AdapterConfig): string[] {
	return Array.from({ length: layers - 1 }, (_, i) => [`keys${i + 1}`, `values${i + 1}`]).flat();
}

/** The name of an output that the next graph takes as an input. Within one graph the two names must differ. */
export function output(name: string): string {
	return `${name}_out`;
}
