import { ArgumentError, float32, type Tensor } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import {
	add,
	exp,
	Graph,
	gradients,
	matmul,
	mul,
	reduceMean,
	reduceSum,
	reshape,
	slice,
	softmax,
	type Value,
} from "../index.ts";
import { runGraph, spread } from "../testing/run.ts";

// Oracle: derivatives by hand.

const all = (x: Value) => reduceSum(x, [...x.dims.keys()]);
const xs = spread([2, 3]);

/** The derivative of a loss by an input `x` `[2, 3]`. */
async function derivative(make: (x: Value) => Value, x: Tensor = xs, dims: Value["dims"] = [2, 3]) {
	const results = await runGraph({ x }, (graph) => {
		const input = graph.input("x", "float32", dims);
		const [grad] = gradients(make(input), [input]);
		return { grad: grad! };
	});
	return [...results.grad!.data];
}

const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));
const data = [...xs.data];

describe("a gradient", () => {
	test("adds up all the ways on which a value comes to the loss", async () => {
		const found = await derivative((x) => all(add(mul(x, mul(x, x)), add(x, mul(x, 5)))));
		expect(found).toEqual(near(data.map((value) => 3 * value * value + 6)));
	});

	test("is that of each parameter by itself, also where one is made of another", async () => {
		const { dx, dy } = (await runGraph({ x: xs }, (graph) => {
			const x = graph.input("x", "float32", [2, 3]);
			const y = mul(x, x);
			const [byX, byY] = gradients(all(mul(y, y)), [x, y]);
			return { dx: byX!, dy: byY! };
		})) as Record<"dx" | "dy", Tensor>;
		expect([...dx.data]).toEqual(near(data.map((value) => 4 * value ** 3)));
		expect([...dy.data]).toEqual(near(data.map((value) => 2 * value ** 2)));
	});

	test("of the loss by itself is 1", async () => {
		expect(await derivative((x) => x, float32(Float32Array.of(7), []), [])).toEqual([1]);
	});

	test("may be taken of a gradient", async () => {
		const found = await derivative((x) => {
			const [slope] = gradients(all(mul(exp(x), x)), [x]);
			return mul(all(mul(slope!, slope!)), 0.01);
		});
		expect(found).toEqual(near(data.map((x) => 0.02 * Math.exp(x) * (x + 1) * Math.exp(x) * (x + 2))));
	});

	test("passes what is made of shapes by, as a constant", async () => {
		const found = await derivative((x) => {
			const { graph } = x;
			const shape = graph.node("Shape", [x], { dims: [2], type: "int64" });
			return mul(all(x), all(graph.cast(shape, "float32")));
		});
		expect(found).toEqual([5, 5, 5, 5, 5, 5]);
	});

	test("finds its way back to extents of which several are known only when the graph runs", async () => {
		const rows: Value["dims"] = ["batch", "tokens"];
		const found = await derivative((x) => all(mul(reshape(x, ["batch*tokens"]), 3)), xs, rows);
		expect(found).toEqual([3, 3, 3, 3, 3, 3]);
	});

	test("of a mean over extents known only when the graph runs is divided by them", async () => {
		expect(await derivative((x) => reduceMean(x, [0, 1]), xs, ["batch", "tokens"])).toEqual(
			near(data.map(() => 1 / 6)),
		);
		expect(await derivative((x) => all(reduceMean(x, [0])), xs, ["batch", 3])).toEqual(near(data.map(() => 1 / 2)));
	});

	test("is computed in the type of what it goes through, in a graph of another precision", async () => {
		const found = await runGraph(
			{ x: float32(Float32Array.of(300, -20), [2]) },
			(graph) => {
				const wide = graph.cast(graph.input("x", "float32", [2]), "float32");
				// 300² is beyond float16.
				const [grad] = gradients(all(mul(mul(wide, wide), 0.001)), [wide]);
				return { grad: grad! };
			},
			{ precision: "float16" },
		);
		expect([...found.grad!.data]).toEqual([0.6, -0.04].map((value) => expect.closeTo(value, 6)));
	});
});

describe("what has no gradient is named", () => {
	const graph = () => new Graph({ name: "test" });
	const input = (g: Graph, name = "x") => g.input(name, "float32", [2, 3]);

	test("a loss that is no scalar", () => {
		const x = input(graph());
		expect(() => gradients(mul(x, 2), [x])).toThrow(ArgumentError);
		expect(() => gradients(mul(x, 2), [x])).toThrow(/the loss Mul.*a scalar.*\[2, 3\]/);
	});

	test("a parameter that the loss does not depend on, also where an earlier value does", () => {
		const g = graph();
		const [x, y] = [input(g), input(g, "y")];
		const unused = mul(x, y);
		expect(() => gradients(all(x), [x, y])).toThrow(/parameter y \[2, 3\].*depends on/);
		expect(() => gradients(all(x), [unused])).toThrow(ArgumentError);
	});

	test("an operator without one", () => {
		const g = graph();
		const x = input(g);
		const rounded = g.node("Round", [x], { dims: x.dims });
		expect(() => gradients(all(rounded), [x])).toThrow(/the gradient of Round \(Round\)/);
	});

	test("but not off the path from parameters to the loss", () => {
		const g = graph();
		const [x, y] = [input(g), input(g, "y")];
		g.node("Round", [x], { dims: x.dims });
		const constant = g.node("Round", [y], { dims: y.dims });
		expect(gradients(all(mul(x, constant)), [x])).toHaveLength(1);
	});

	test("a scan, also of a parameter that its body alone takes", () => {
		const g = graph();
		const [x, weight] = [input(g), g.input("weight", "float32", [3, 3])];
		const state = g.input("state", "float32", [3]);
		const scanned = g.scan(state, [x], (sum, row) => {
			const row2 = reshape(matmul(reshape(row!, [1, 3]), weight), [3]);
			return add(sum, row2);
		});
		for (const parameter of [x, weight, state])
			expect(() => gradients(all(scanned), [parameter])).toThrow(/the gradient of Scan/);
	});

	test("an input that a rule takes as constant", () => {
		const g = graph();
		const x = input(g);
		const bound = g.input("bound", "float32", []);
		const clipped = g.node("Clip", [x, bound, g.scalar(1)], { dims: x.dims });
		expect(gradients(all(clipped), [x])).toHaveLength(1);
		expect(() => gradients(all(clipped), [bound])).toThrow(/the gradient of Clip \(Clip\) by its input 2/);
	});

	test("a second result of an operator that has a gradient by its first", () => {
		const g = graph();
		const x = input(g);
		const ones = g.constant(new Float32Array(3).fill(1), [3]);
		const results = [{ dims: x.dims }, { dims: [2, 1] }];
		const [normed, mean] = g.nodes("LayerNormalization", [x, ones], results, { axis: { int: -1 } });
		expect(gradients(all(normed!), [x])).toHaveLength(1);
		expect(() => gradients(all(mean!), [x])).toThrow(/the gradient of LayerNormalization.*first result alone/);
		expect(() => gradients(add(all(normed!), all(mean!)), [x])).toThrow(ArgumentError);
	});
});

test("what no parameter asks for is not computed", () => {
	const g = new Graph({ name: "test" });
	const x = g.input("x", "float32", [4, 3]);
	const weight = g.input("weight", "float32", [3, 3]);
	const loss = all(softmax(slice(matmul(x, weight), 0, 0, 2)));
	const before = g.trace.length;
	gradients(loss, [weight]);
	const products = g.trace.slice(before).filter(({ op }) => /MatMul/.test(op));
	expect(products.map(({ outputs }) => outputs[0]!.dims)).toEqual([[3, 3]]);
});
