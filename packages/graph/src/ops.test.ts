import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSafetensors, type Tensor } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import {
	add,
	addLayerNorm,
	attention,
	concat,
	conv2d,
	cos,
	div,
	embedding,
	exp,
	type Graph,
	gatherRows,
	gelu,
	groupNorm,
	layerNorm,
	linear,
	linearParts,
	matmul,
	mul,
	quickGelu,
	reshape,
	sigmoid,
	silu,
	sin,
	slice,
	softmax,
	split,
	splitRows,
	sub,
	transpose,
	upsampleConv2d,
	upsampleNearest2x,
	type Value,
	Weights,
	widenHeads,
} from "./index.ts";
import { expectClose, runGraph, spread } from "./testing/run.ts";
import { checkpointOf, temporaryFolder } from "./testing/temporary.ts";

// Oracle: PyTorch, by tooling/golden/ops.py.

const file = new URL("./fixtures/ops.safetensors", import.meta.url);
const { tensors } = parseSafetensors(readFileSync(file), "ops.safetensors");
const folder = await temporaryFolder();

function part(name: string, kind: "in" | "w" | "out"): Record<string, Tensor> {
	const prefix = `${name}/${kind}/`;
	const own = [...tensors].filter(([key]) => key.startsWith(prefix));
	return Object.fromEntries(own.map(([key, tensor]) => [key.slice(prefix.length), tensor]));
}

interface Place {
	graph: Graph;
	/** Inputs by name, of the dims that the fixture has. */
	x: (name: string, dims?: Value["dims"]) => Value;
	w: Weights;
}

type Case = (place: Place) => Value | Record<string, Value>;

const CASES: Readonly<Record<string, Case>> = {
	linear: ({ w, x }) => linear(w, x("x"), 6),
	"linear without bias": ({ w, x }) => linear(w, x("x"), 6, { bias: false }),
	"linear parts": ({ w, x }) => named("y", linearParts(w, x("x"), 2, 3)),
	conv2d: ({ w, x }) => conv2d(w, x("x"), 4, 3, { padding: 1 }),
	"conv2d shifted": ({ w, x }) => conv2d(w, x("x"), 4, 3, { padding: 1, shift: x("shift") }),
	"conv2d stride 2": ({ w, x }) => conv2d(w, x("x"), 4, 3, { stride: 2, padding: 1 }),
	"conv2d below and right": ({ w, x }) => conv2d(w, x("x"), 4, 3, { stride: 2, padding: [0, 0, 1, 1] }),
	"conv2d all sides differ": ({ w, x }) => conv2d(w, x("x"), 4, 3, { padding: [2, 0, 1, 3] }),
	"conv2d 1x1": ({ w, x }) => conv2d(w, x("x"), 4, 1),
	upsampleNearest2x: ({ x }) => upsampleNearest2x(x("x")),
	upsampleConv2d: ({ w, x }) => upsampleConv2d(w, x("x"), 4),
	groupNorm: ({ w, x }) => groupNorm(w, x("x"), 4, 1e-6),
	layerNorm: ({ w, x }) => layerNorm(w, x("x")),
	"layerNorm epsilon": ({ w, x }) => layerNorm(w, x("x"), 0.5),
	addLayerNorm: ({ w, x }) => addLayerNorm(w, x("x"), x("y")),
	activations: ({ x: input }) => {
		const x = input("x");
		return {
			gelu: gelu(x),
			quickGelu: quickGelu(x),
			silu: silu(x),
			sigmoid: sigmoid(x),
			sin: sin(x),
			cos: cos(x),
		};
	},
	binary: ({ x }) => {
		const [a, b] = [x("a"), x("b")];
		return { add: add(a, b), sub: sub(a, b), mul: mul(a, b), div: div(a, b), exp: exp(a), half: mul(a, 0.5) };
	},
	attention: ({ x }) => attention(x("q"), x("k"), x("v"), { heads: 2 }),
	"attention of a prompt": ({ x }) => {
		const [q, k, v] = [x("q"), x("k"), x("v")];
		return { y: attention(q, k, v, { heads: 4 }), causal: attention(q, k, v, { heads: 4, causal: true }) };
	},
	// Others' keys count by their weight's logarithm, which a wider head adds to the scores.
	"weighted attention": ({ x }) => {
		const [q, k, v, othersK, othersV] = [x("q"), x("k"), x("v"), x("others_k"), x("others_v")];
		const keys = concat([widenHeads(k, 2, 0), widenHeads(othersK, 2, x("log_weight"))], 1);
		const values = concat([v, othersV], 1);
		return {
			y: attention(widenHeads(q, 2, 2), keys, values, { heads: 2, scale: 1 / 2 }),
			scaled: attention(q, concat([k, othersK], 1), values, { heads: 2, scale: 0.3 }),
		};
	},
	softmax: ({ x: input }) => {
		const x = input("x");
		return { last: softmax(x), middle: softmax(x, 1) };
	},
	matmul: ({ x }) => {
		const [a, b, c, d, e] = [x("a"), x("b"), x("c"), x("d"), x("e")];
		return {
			plain: matmul(a, b),
			scaled: matmul(a, b, { scale: 0.25 }),
			transposed: matmul(a, c, { transB: true }),
			both: matmul(a, c, { transB: true, scale: 0.25 }),
			broadcast: matmul(d, e, { transB: true }),
			short: matmul(transpose(b, [1, 0]), c, { transB: true }),
		};
	},
	gather: ({ w, x }) => embedding(w, x("ids"), 5, 4),
	gatherRows: ({ x }) => gatherRows(x("x"), x("positions")),
	shapes: ({ x: input }) => {
		const x = input("x");
		const [a, b] = split(x, 2, -1) as [Value, Value];
		const heads = transpose(reshape(x, [2, 3, 2, 4]), [0, 2, 1, 3]);
		return {
			slice: slice(x, 1, 1, 3),
			last: slice(x, -1, 5, 8),
			a,
			b,
			concat: concat([x, slice(x, 1, 1, 3)], 1),
			transpose: transpose(x, [2, 0, 1]),
			heads: reshape(heads, [2, 2, 12]),
			flat: reshape(x, [6, 8]),
		};
	},
	// The body uses values from around it: the query, a weight that is first asked for there, and constants.
	scan: ({ graph, w, x }) => {
		const query = x("query");
		return graph.scan(mul(query, 0), [x("keys"), x("shares")], (sum, keys, shares) => {
			const scores = softmax(matmul(query, keys!, { transB: true, scale: 0.5 }));
			return add(sum, matmul(mul(scores, shares!), linear(w, keys!, 4, { bias: false })));
		});
	},
};

async function compute(name: string, make: Case, extents: (name: string, dims: readonly number[]) => Value["dims"]) {
	const inputs = part(name, "in");
	const weights = await checkpointOf(join(folder, `${name}.safetensors`), part(name, "w"));
	return runGraph(inputs, (graph) => {
		const x = (input: string) => {
			const { type, dims } = inputs[input]!;
			return graph.input(input, type as "float32" | "int64", extents(input, dims));
		};
		const made = make({ graph, x, w: new Weights(graph, weights) });
		return "graph" in made ? { out_y: made as Value } : rename(made as Record<string, Value>);
	});
}

/** An output's name must not be an input's. */
function rename(values: Record<string, Value>): Record<string, Value> {
	return Object.fromEntries(Object.entries(values).map(([name, value]) => [`out_${name}`, value]));
}

function named(prefix: string, values: readonly Value[]): Record<string, Value> {
	return Object.fromEntries(values.map((value, i) => [`${prefix}${i}`, value]));
}

function check(name: string, found: Record<string, Tensor<"float32">>): void {
	const expected = Object.entries(part(name, "out"));
	expect(Object.keys(found).sort()).toEqual(expected.map(([output]) => `out_${output}`).sort());
	for (const [output, tensor] of expected) expectClose(found[`out_${output}`], tensor as Tensor<"float32">);
}

test("every case of the fixture is computed here", () => {
	expect(Object.keys(CASES).sort()).toEqual([...new Set([...tensors.keys()].map((key) => key.split("/")[0]!))].sort());
});

describe("operators compute what PyTorch computes", () => {
	test.each(Object.entries(CASES))("%s, of known extents", async (name, make) => {
		check(name, await compute(name, make, (_, dims) => dims));
	});

	const ANY_BATCH = ["linear", "linear without bias", "linear parts", "conv2d", "upsampleNearest2x", "upsampleConv2d"];
	ANY_BATCH.push("groupNorm", "layerNorm", "addLayerNorm", "attention", "softmax", "gather", "gatherRows");
	test.each(ANY_BATCH)("%s, of any batch", async (name) => {
		check(name, await compute(name, CASES[name]!, (_, dims) => ["batch", ...dims.slice(1)]));
	});

	test.each(["linear", "linear parts", "layerNorm", "gather"])("%s, of any batch and length", async (name) => {
		check(name, await compute(name, CASES[name]!, (_, dims) => ["batch", "tokens", ...dims.slice(2)]));
	});
});

test.each([
	[2, 0, 1],
	[0, 3, 0],
])("rows are parted as a run says: %i, %i and %i", async (...sizes) => {
	const x = spread([3, 4]);
	const found = await runGraph(
		{ x, sizes: { type: "int64", dims: [3], data: BigInt64Array.from(sizes, BigInt) } },
		(graph) => {
			const rows = graph.input("x", "float32", ["rows", 4]);
			return named("part", splitRows(rows, graph.input("sizes", "int64", [3]), ["a", "b", "c"]));
		},
	);
	let from = 0;
	for (const [i, size] of sizes.entries()) {
		expect(found[`part${i}`]!.dims).toEqual([size, 4]);
		expect([...found[`part${i}`]!.data]).toEqual([...x.data.subarray(from * 4, (from + size) * 4)]);
		from += size;
	}
});
