import { float32 } from "@drum/tensor";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { add, concat, type Dim, Graph, known, matmul, product, reshape, splitLike, transpose } from "./index.ts";
import { expectClose, runGraph, spread } from "./testing/run.ts";

const dims = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom("batch", "tokens", "2*size")), {
	maxLength: 5,
});

describe("product of extents", () => {
	it("does not depend on order or grouping", () => {
		fc.assert(
			fc.property(dims, dims, (a, b) => {
				expect(product([...b, ...a])).toBe(product([...a, ...b]));
				expect(product([product(a), product(b)])).toBe(product([...a, ...b]));
			}),
		);
	});

	it("is a number if all extents are, and 0 if one is 0", () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 0, max: 9 })), (extents) => {
				expect(product(extents)).toBe(extents.reduce((a, b) => a * b, 1));
			}),
		);
		expect(product(["batch", 0])).toBe(0);
		expect(product([77, "batch", 1])).toBe("77*batch");
	});
});

describe("shapes come back", () => {
	const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

	it("after a transpose and its inverse, in plain loops' order between", async () => {
		const cases = fc.sample(
			shape.chain((extents) =>
				fc.tuple(
					fc.constant(extents),
					fc.shuffledSubarray([...extents.keys()], { minLength: extents.length, maxLength: extents.length }),
				),
			),
			{ numRuns: 20, seed: 1 },
		);
		for (const [extents, axes] of cases) {
			const x = spread(extents);
			const { back, there } = await runGraph({ x }, (graph) => {
				const input = graph.input("x", "float32", extents);
				const turned = transpose(input, axes);
				const inverse = axes.map((_, axis) => axes.indexOf(axis));
				return { there: turned, back: transpose(turned, inverse) };
			});
			expect(back).toEqual(x);
			expect([...there!.data]).toEqual(permuted([...x.data], extents, axes));
		}
	});

	it.each<[Dim[], Dim[]]>([
		[
			["batch", 6],
			["batch", 2, 3],
		],
		[
			["batch", 6],
			["2*batch", 3],
		],
		[
			["2*batch", 3],
			["batch", 6],
		],
		[
			["batch", "tokens", 4],
			["batch", "4*tokens"],
		],
		[
			["batch", "tokens", 4],
			["batch", "tokens", 2, 2],
		],
	])("%j seen as %j and back", async (from, to) => {
		const sizes: Record<string, number> = { batch: 3, tokens: 5, "2*batch": 6 };
		const x = spread(from.map((dim) => (typeof dim === "number" ? dim : sizes[dim]!)));
		const { there, back } = await runGraph({ x }, (graph) => {
			const seen = reshape(graph.input("x", "float32", from), to);
			return { there: seen, back: reshape(seen, from) };
		});
		expect(there!.data).toEqual(x.data);
		expect(back).toEqual(x);
	});
});

test.each<[string, Dim, Dim]>([
	["names", "tokens", "patches"],
	["numbers", 5, 2],
	["a name and a number", "tokens", 2],
])("what was joined along extents that are %s comes apart again", async (_, tokens, patches) => {
	const [text, image] = [spread([3, 5, 4]), spread([3, 2, 4], 1)];
	const { a, b } = await runGraph({ text, image }, (graph) => {
		const parts = [graph.input("text", "float32", [3, tokens, 4]), graph.input("image", "float32", [3, patches, 4])];
		const [a, b] = splitLike(add(concat(parts, 1), 0), parts, -2);
		return { a: a!, b: b! };
	});
	expect(a).toEqual(text);
	expect(b).toEqual(image);
});

describe("a graph", () => {
	const graph = () => new Graph({ name: "test" });

	it("makes equal constants once, also in a scan's body where they are first used", async () => {
		const x = spread([3, 2]);
		const { sum, after } = await runGraph({ x }, (graph) => {
			const input = graph.input("x", "float32", [3, 2]);
			const zero = graph.constant(new Float32Array(2), [2]);
			const sum = graph.scan(zero, [input], (total, each) => add(add(total, each!), 1));
			expect(graph.scalar(1)).toBe(graph.scalar(1));
			return { sum, after: add(input, 1) };
		});
		const columns = [0, 1].map((column) => 3 + x.data[column]! + x.data[2 + column]! + x.data[4 + column]!);
		expectClose(sum, float32(Float32Array.from(columns), [2]));
		expectClose(
			after,
			float32(
				x.data.map((value) => value + 1),
				[3, 2],
			),
		);
	});

	it("says where shapes do not fit, while it is built", () => {
		const own = graph();
		const x = own.input("x", "float32", ["batch", 3]);
		const y = own.input("y", "float32", [4, 2]);
		expect(() => add(x, y)).toThrow("x [batch, 3] and y [4, 2] do not broadcast");
		expect(() => matmul(x, y)).toThrow("x [batch, 3] times y [4, 2]");
		expect(() => reshape(y, [3, 3])).toThrow("y [4, 2] cannot be seen as [3, 3]");
		const z = own.input("z", "float32", ["batch", 2, "tokens"]);
		expect(() => reshape(z, ["2*batch", "tokens"])).toThrow("more than one extent would be left open");
		expect(() => known(x, 0)).toThrow("x: axis 0 of [batch, 3] is not known");
		expect(() => own.constant(new Float32Array(3), [2])).toThrow("a constant of shape [2] has 3 elements");
		expect(() => concat([], 0)).toThrow("concat needs a value");
	});

	it("refuses an output under an input's name", () => {
		const own = graph();
		const x = own.input("x", "float32", [1]);
		expect(() => own.build({ x: add(x, 1) })).toThrow("the graph has a value named x already");
	});
});

/** The elements in the order of the permuted axes, by counting. */
function permuted(data: readonly number[], extents: readonly number[], axes: readonly number[]): number[] {
	const strides = extents.map((_, axis) => extents.slice(axis + 1).reduce((a, b) => a * b, 1));
	return axes.reduceRight<(offset: number) => number[]>(
		(inner, axis) => (offset) =>
			Array.from({ length: extents[axis]! }, (_, i) => inner(offset + i * strides[axis]!)).flat(),
		(offset) => [data[offset]!],
	)(0);
}
