import type { Graph, Value } from "../index.ts";
import { conv2d } from "../ops/conv.ts";
import {
	add,
	cos,
	div,
	erf,
	exp,
	gelu,
	geluTanh,
	mish,
	mul,
	neg,
	quickGelu,
	relu,
	sigmoid,
	silu,
	sin,
	softplus,
	sqrt,
	sub,
	tanh,
	where,
} from "../ops/elementwise.ts";
import { affine, attention, matmul, rotaryEmbedding, softmax } from "../ops/linalg.ts";
import { addLayerNorm, groupNorm, layerNorm, rmsNorm } from "../ops/norm.ts";
import { reduceMean, reduceSum } from "../ops/reduce.ts";
import {
	concat,
	expandLike,
	gather,
	gatherRows,
	repeat,
	reshape,
	slice,
	split,
	splitLike,
	transpose,
	upsampleNearest2x,
} from "../ops/shape.ts";
import { upsampleConv2d } from "../ops/upsample-conv.ts";

/** What a case is made of. */
export interface Place {
	graph: Graph;
	/** An input by name, of the fixture's dims or of those that the test gives. */
	x: (name: string) => Value;
}

export type Case = (place: Place) => Value | Record<string, Value>;

const functions = {
	neg,
	exp,
	sin,
	cos,
	sigmoid,
	tanh,
	erf,
	quickGelu,
	silu,
	gelu,
	geluTanh,
	mish,
	relu,
	softplus,
	sqrt,
};
const binaries = { add, sub, mul, div };

const ofOne = Object.entries(functions).map(([name, of]): [string, Case] => [name, ({ x }) => of(x("x"))]);
const ofTwo = Object.entries(binaries).flatMap(([name, of]): [string, Case][] => [
	[name, ({ x }) => of(x("a"), x("b"))],
	[`${name} turned`, ({ x }) => of(x("b"), add(x("a"), 4))],
]);

/** Each operator that has a gradient, as the layers emit it: the cases of tooling/golden/gradients.py. */
export const CASES: Readonly<Record<string, Case>> = {
	...Object.fromEntries([...ofOne, ...ofTwo]),
	clip: ({ graph, x }) => {
		const value = x("x");
		const bounds = [-1, 0.7].map((bound) => graph.scalar(bound));
		return graph.node("Clip", [value, ...bounds], { dims: value.dims });
	},
	scalars: ({ x }) => mul(add(mul(x("a"), x("c")), 2), 0.5),
	where: ({ x }) => where(x("condition"), x("a"), x("b")),
	"used thrice": ({ x }) => {
		const a = x("a");
		return add(mul(a, a), a);
	},
	matmul: ({ x }) => matmul(x("a"), x("b")),
	"matmul scaled": ({ x }) => matmul(x("a"), x("b"), { scale: 0.25 }),
	"matmul transB": ({ x }) => matmul(x("a"), x("c"), { transB: true }),
	"matmul transA": ({ x }) => matmul(x("c"), x("d"), { transA: true, scale: 0.5 }),
	"matmul transA of one matrix": ({ x }) => matmul(x("d"), x("e"), { transA: true }),
	"matmul both": ({ x }) => matmul(x("d"), x("e"), { transA: true, transB: true }),
	"matmul broadcast": ({ x }) => matmul(x("d"), x("e"), { transB: true }),
	"matmul short": ({ x }) => matmul(x("b"), x("c"), { transB: true }),
	affine: ({ x }) => affine(x("x"), x("weight"), x("bias")),
	"affine without bias": ({ x }) => affine(x("x"), x("weight"), null),
	softmax: ({ x }) => softmax(x("x")),
	"softmax middle": ({ x }) => softmax(x("x"), 1),
	attention: ({ x }) => attention(x("q"), x("k"), x("v"), { heads: 2 }),
	"attention causal": ({ x }) => attention(x("q"), x("k"), x("v"), { heads: 2, causal: true }),
	// As T5 has it.
	"attention biased": ({ graph, x }) => {
		const q = x("q");
		const inputs = [q, x("k"), x("v"), null, null, x("bias")];
		const attributes = { num_heads: { int: 2 }, scale: 1 };
		return graph.node("MultiHeadAttention", inputs, { dims: q.dims }, attributes, "com.microsoft");
	},
	rotaryEmbedding: ({ x }) => rotaryEmbedding(x("x"), x("cos"), x("sin"), 2),
	layerNorm: ({ x }) => layerNorm(x("x"), x("weight"), x("bias"), 1e-5),
	"layerNorm epsilon": ({ x }) => layerNorm(x("x"), x("weight"), x("bias"), 0.5),
	addLayerNorm: ({ x }) => addLayerNorm(x("x"), x("y"), x("weight"), x("bias"), 1e-5),
	rmsNorm: ({ x }) => rmsNorm(x("x"), x("weight"), 1e-3),
	groupNorm: ({ x }) => groupNorm(x("x"), x("weight"), x("bias"), 2, 1e-6),
	instanceNorm: ({ graph, x }) => {
		const value = x("x");
		const inputs = [value, x("weight"), x("bias")];
		return graph.node("InstanceNormalization", inputs, { dims: value.dims }, { epsilon: 1e-3 });
	},
	reduceSum: ({ x }) => ({ last: reduceSum(x("x"), [-1], { keep: true }), outer: reduceSum(x("x"), [0, 2]) }),
	reduceMean: ({ x }) => ({ last: reduceMean(x("x"), [-1], { keep: true }), outer: reduceMean(x("x"), [0, 1]) }),
	reshape: ({ x }) => reshape(x("x"), [x("x").dims[0]!, 24]),
	transpose: ({ x }) => transpose(x("x"), [2, 0, 1]),
	concat: ({ x }) => concat([x("x"), x("y"), x("x")], 1),
	split: ({ x }) => {
		const [a, b] = split(x("x"), 2, -1);
		return { a: a!, b: b! };
	},
	"split, one part": ({ x }) => split(x("x"), 2, -1)[1]!,
	splitLike: ({ x }) => {
		const value = x("x");
		const [a, b] = splitLike(value, [slice(value, 1, 0, 1), slice(value, 1, 0, 2)], 1);
		return { a: a!, b: b! };
	},
	slice: ({ x }) => ({ middle: slice(x("x"), 1, 1, 2), last: slice(x("x"), -1, 5, 8) }),
	expandLike: ({ graph, x }) => expandLike(x("x"), graph.constant(new Float32Array(24), [2, 3, 4])),
	repeat: ({ graph, x }) => repeat(x("x"), graph.integers([3]), 6),
	gather: ({ x }) => gather(x("table"), x("ids")),
	gatherRows: ({ x }) => gatherRows(x("x"), x("positions")),
	conv2d: ({ x }) => conv2d(x("x"), x("weight"), x("bias"), { padding: 1 }),
	"conv2d stride 2": ({ x }) => conv2d(x("x"), x("weight"), x("bias"), { stride: 2, padding: 1 }),
	"conv2d below and right": ({ x }) => conv2d(x("x"), x("weight"), x("bias"), { stride: 2, padding: [0, 0, 1, 1] }),
	"conv2d all sides differ": ({ x }) => conv2d(x("x"), x("weight"), x("bias"), { padding: [2, 0, 1, 3] }),
	"conv2d 1x1": ({ x }) => conv2d(x("x"), x("weight"), x("bias")),
	"conv2d patches": ({ x }) => conv2d(x("x"), x("weight"), x("bias"), { stride: 3 }),
	"conv2d without bias": ({ x }) => conv2d(x("x"), x("weight"), null, { padding: 1 }),
	upsampleNearest2x: ({ x }) => upsampleNearest2x(x("x")),
	upsampleConv2d: ({ x }) => upsampleConv2d(x("x"), x("weight"), x("bias")),
};
