import type { Tensor } from "@drum/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BuiltGraph, Graph, mul, Session, type Value } from "../index.ts";
import { conv2d } from "../ops/conv.ts";
import { attention, type MatmulOptions, matmul } from "../ops/linalg.ts";
import { encoded } from "../testing/encoded.ts";
import { expectClose, spread } from "../testing/run.ts";
import { plainAttention } from "./plain-attention.ts";
import type { Replaced } from "./plain-forms.ts";

// Oracle: ONNX Runtime's own operators on the CPU, which ops.test.ts compares with PyTorch.

const ALL: Replaced = new Set([
	"MultiHeadAttention float32",
	"FusedMatMul float32",
	"Conv of one window float32",
] as const);

type Feeds = Readonly<Record<string, Tensor<"float32">>>;

/** With the extents that `dims` names, else those of the feeds. */
function graphOf(feeds: Feeds, make: (x: Record<string, Value>) => Value, dims: Record<string, Value["dims"]> = {}) {
	const graph = new Graph({ name: "plain" });
	const inputs = Object.entries(feeds).map(([name, feed]) => [
		name,
		graph.input(name, "float32", dims[name] ?? feed.dims),
	]);
	return graph.build({ y: make(Object.fromEntries(inputs)) });
}

async function run(graph: BuiltGraph, feeds: Feeds) {
	await using session = await Session.create(graph, { threads: 1 });
	return (await session.run(feeds)).y!;
}

/** The plain form gives the same, and is one: the operator's name is gone from the model. */
async function expectSame(graph: BuiltGraph, feeds: Feeds, operator: string): Promise<void> {
	const plain = await graph.replacing(ALL);
	const has = (built: BuiltGraph) => encoded(built).includes(operator);
	expect([has(graph), has(plain)]).toEqual([true, false]);
	expectClose(await run(plain, feeds), await run(graph, feeds));
}

describe("attention of plain operators is the fused one", () => {
	const shapes = fc.record({
		batch: fc.integer({ min: 1, max: 3 }),
		rows: fc.integer({ min: 1, max: 9 }),
		tokens: fc.integer({ min: 1, max: 9 }),
		heads: fc.integer({ min: 1, max: 3 }),
		width: fc.constantFrom(4, 8),
		causal: fc.boolean(),
		scale: fc.option(fc.constantFrom(0.25, 1), { nil: undefined }),
		open: fc.boolean(),
	});

	test("for any shape, mask and scale, also where a run tells the batch", async () => {
		await fc.assert(
			fc.asyncProperty(shapes, async ({ batch, rows, tokens, heads, width, causal, scale, open }) => {
				const length = causal ? rows : tokens;
				const feeds = {
					q: spread([batch, rows, heads * width]),
					k: spread([batch, length, heads * width], 1),
					v: spread([batch, length, heads * width], 2),
				};
				const named = Object.entries(feeds).map(([name, { dims }]) => [name, ["batch", ...dims.slice(1)]]);
				const make = ({ q, k, v }: Record<string, Value>) => attention(q!, k!, v!, { heads, causal, scale });
				const graph = graphOf(feeds, make, open ? Object.fromEntries(named) : {});
				await expectSame(graph, feeds, "MultiHeadAttention");
			}),
			{ numRuns: 25 },
		);
	});

	test("with a bias of its scores, as T5 has it", async () => {
		const feeds = {
			q: spread([2, 5, 8]),
			k: spread([2, 5, 8], 1),
			v: spread([2, 5, 8], 2),
			bias: spread([1, 2, 5, 5], 3),
		};
		const make = ({ q, k, v, bias }: Record<string, Value>) =>
			q!.graph.node(
				"MultiHeadAttention",
				[q!, k!, v!, null, null, bias!],
				{ dims: q!.dims },
				{ num_heads: { int: 2 }, scale: 1 },
				"com.microsoft",
			);
		await expectSame(graphOf(feeds, make), feeds, "MultiHeadAttention");
	});

	test("in slices of the queries, as many as the memory allows", async () => {
		const feeds = {
			q: spread([2, 7, 8]),
			k: spread([2, 7, 8], 1),
			v: spread([2, 7, 8], 2),
			bias: spread([1, 2, 7, 7], 3),
		};
		const attend = (mostBytes: number) => (x: Record<string, Value>) =>
			plainAttention(x.q!, x.k!, x.v!, { heads: 2, scale: 0.5, causal: true, bias: x.bias!, mostBytes });
		const row = 2 * 2 * 7 * 4;
		const products = (built: BuiltGraph) => encoded(built).toString("latin1").split("Softmax").length;
		const whole = graphOf(feeds, attend(7 * row));
		const expected = await run(whole, feeds);
		for (const [bytes, more] of [
			[3 * row, 2],
			[2 * row, 3],
			[1, 6],
		] as const) {
			const sliced = graphOf(feeds, attend(bytes));
			expect(products(sliced)).toBeGreaterThanOrEqual(products(whole) + more);
			expectClose(await run(sliced, feeds), expected);
		}
	});

	test("within a scan's body too", async () => {
		const feeds = { state: spread([1, 3, 4]), all: spread([2, 1, 3, 4], 1) };
		const make = ({ state, all }: Record<string, Value>) =>
			state!.graph.scan(state!, [all!], (sum, each) => attention(sum, each!, mul(each!, 2), { heads: 1 }));
		const graph = graphOf(feeds, make, { all: ["steps", 1, 3, 4] });
		await expectSame(graph, feeds, "MultiHeadAttention");
	});
});

test.each<MatmulOptions>([
	{ transB: true, scale: 0.5 },
	{ transA: true },
	{ transA: true, transB: true, scale: 3 },
	{ scale: 0.25 },
])("a fused product %o is a plain one", async (options) => {
	const feeds = {
		a: spread(options.transA ? [2, 3, 4] : [2, 4, 3]),
		b: spread(options.transB ? [5, 3] : [3, 5], 1),
	};
	await expectSame(
		graphOf(feeds, ({ a, b }) => matmul(a!, b!, options)),
		feeds,
		"FusedMatMul",
	);
});

test("a kernel as large as its picture is put on a padded one, others stay as they are", async () => {
	const feeds = { x: spread([1, 3, 2, 2]), w: spread([4, 3, 2, 2], 1), b: spread([4], 2) };
	const conv = (padding: readonly [number, number, number, number]) =>
		graphOf(feeds, ({ x, w, b }) => conv2d(x!, w!, b!, { padding }));
	const whole = conv([0, 0, 1, 1]);
	const plain = await whole.replacing(ALL);
	expect(encoded(plain).includes("Slice")).toBe(true);
	expectClose(await run(plain, feeds), await run(whole, feeds));
	const other = conv([1, 1, 0, 0]);
	expect(encoded(await other.replacing(ALL)).includes("Slice")).toBe(false);
});
