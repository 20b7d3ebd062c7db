import type { Tensor } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { Graph, type GraphOptions, gradients, Session } from "../index.ts";
import { finiteDifferences } from "../testing/finite-differences.ts";
import { CASES } from "../testing/gradient-cases.ts";
import { type Extents, lossOf, makeCase, NAMES, part } from "../testing/gradient-fixture.ts";
import { runGraph } from "../testing/run.ts";
import { RULES } from "./rules.ts";

// Oracles: PyTorch's autograd in float64, by tooling/golden/gradients.py, and finite differences of the graph itself.

async function gradientsOf(name: string, options: Partial<GraphOptions> = {}, extents?: Extents) {
	const expected = part(name, "grad");
	const made = (graph: Graph) => {
		const { inputs, results } = makeCase(graph, name, CASES[name]!, extents);
		const names = Object.keys(expected);
		const loss = lossOf(graph, results);
		const found = gradients(
			loss,
			names.map((input) => inputs[input]!),
		);
		for (const [i, { dims }] of found.entries()) expect(dims).toEqual(inputs[names[i]!]!.dims);
		return Object.fromEntries(names.map((input, i) => [input, found[i]!]));
	};
	const outputs = (graph: Graph) =>
		Object.fromEntries(Object.entries(made(graph)).map(([input, value]) => [`d ${input}`, value]));
	const by = Object.entries(part(name, "by")).map(([result, tensor]) => [`by ${result}`, tensor]);
	const found = await runGraph({ ...part(name, "in"), ...Object.fromEntries(by) }, outputs, options);
	return Object.entries(expected).map(([input, tensor]) => ({ input, expected: tensor, found: found[`d ${input}`]! }));
}

function expectNear(found: Tensor, expected: Tensor, absolute: number, relative: number): void {
	expect(found.dims).toEqual(expected.dims);
	for (const [i, value] of expected.data.entries()) {
		const error = Math.abs(Number(found.data[i]) - Number(value));
		if (!(error <= absolute + relative * Math.abs(Number(value))))
			expect.fail(`element ${i} of [${expected.dims}] is ${found.data[i]}, expected ${value}`);
	}
}

test("every case of the fixture is computed here, and every rule has a case", () => {
	expect(Object.keys(CASES).sort()).toEqual([...NAMES].sort());
	const graph = new Graph({ name: "all", precision: "float16" });
	for (const [name, make] of Object.entries(CASES)) {
		const inner = new Graph({ name, precision: "float16" });
		makeCase(inner, name, make);
		for (const { op, inputs, outputs, attributes, domain } of inner.trace)
			graph.nodes(op, inputs, outputs, attributes, domain);
	}
	const met = new Set(graph.trace.map(({ op }) => op));
	// What `build` adds alone.
	const notEmitted = ["Identity"];
	expect(Object.keys(RULES).filter((op) => !met.has(op))).toEqual(notEmitted);
});

describe("gradients are PyTorch's", () => {
	test.each(NAMES)("%s", async (name) => {
		for (const { found, expected } of await gradientsOf(name)) expectNear(found, expected, 2e-5, 1e-4);
	});

	test.each(NAMES)("%s, in float16 to its 11 bits", async (name) => {
		for (const { found, expected } of await gradientsOf(name, { precision: "float16" })) {
			const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
			expectNear(found, expected, 0.01 * largest, 0);
		}
	});

	const PARAMETERS = ["weight", "bias", "cos", "sin", "b", "table"];
	const batched: Extents = (dims, input) => (PARAMETERS.includes(input) ? dims : ["batch", ...dims.slice(1)]);

	const ANY_BATCH = NAMES.filter((name) =>
		/^(affine|softmax|attention|rotary|.*[nN]orm|reduce|conv2d|upsample)/.test(name),
	);
	ANY_BATCH.push(
		"matmul",
		"matmul transB",
		"matmul both",
		"reshape",
		"transpose",
		"concat",
		"split",
		"split, one part",
	);
	ANY_BATCH.push("splitLike", "slice", "gather", "gatherRows", "silu");
	test.each(ANY_BATCH)("%s, of any batch", async (name) => {
		for (const { found, expected } of await gradientsOf(name, {}, batched)) expectNear(found, expected, 2e-5, 1e-4);
	});

	const ANY_LENGTH = ["affine", "affine without bias", "softmax", "attention", "layerNorm", "addLayerNorm", "rmsNorm"];
	ANY_LENGTH.push("reduceSum", "reduceMean", "gather", "matmul", "silu");
	test.each(ANY_LENGTH)("%s, of any batch and length", async (name) => {
		const long: Extents = (dims, input) => {
			if (PARAMETERS.includes(input)) return dims;
			return ["batch", input === "k" || input === "v" ? "keys" : "rows", ...dims.slice(2)];
		};
		for (const { found, expected } of await gradientsOf(name, {}, long)) expectNear(found, expected, 2e-5, 1e-4);
	});
});

test("a convolution padded unevenly is transposed with even padding: CUDA has no other", () => {
	const name = "conv2d all sides differ";
	const graph = new Graph({ name });
	const { inputs, results } = makeCase(graph, name, CASES[name]!);
	gradients(lossOf(graph, results), [inputs.x!]);
	const [transposed] = graph.trace.filter(({ op }) => op === "ConvTranspose");
	expect(transposed!.attributes.pads).toEqual({ ints: [0, 0, 0, 0] });
});

describe("gradients are the limits of differences", () => {
	const STEP = 1e-2;

	test.each(NAMES)("%s", async (name) => {
		const feeds = part(name, "in");
		const graph = new Graph({ name });
		const { results } = makeCase(graph, name, CASES[name]!);
		// Results and inputs may have the same names.
		const renamed = <T>(values: Readonly<Record<string, T>>) =>
			Object.fromEntries(Object.entries(values).map(([result, value]) => [`out ${result}`, value]));
		const by = renamed(part(name, "by"));
		await using session = await Session.create(graph.build(renamed(results)), { threads: 1 });
		for (const { input, found } of await gradientsOf(name)) {
			const differences = await finiteDifferences(session, feeds, input, by, STEP);
			const largest = differences.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
			for (const [i, difference] of differences.entries())
				expect(Math.abs(found.data[i]! - difference), `${input}[${i}]`).toBeLessThan(2e-3 * largest);
		}
	});
});
