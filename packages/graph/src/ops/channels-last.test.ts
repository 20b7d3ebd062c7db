import { float32, sizeOf } from "@drum/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutGraph, Graph, Session, transpose, type Value } from "../index.ts";
import { expectClose, runGraph, spread } from "../testing/run.ts";
import { asPicture, lastOf } from "./channels-last.ts";
import { add, div, mul, silu } from "./elementwise.ts";
import { groupNorm } from "./norm.ts";
import { concat, pictureOfRows, pixelRows, repeat, slice } from "./shape.ts";

// Oracle: the same operators on pictures that lie with their channels first.

const GROUPS = 4;

type Forms = Record<string, (x: Value, y: Value, graph: Graph) => Value>;

const vector = (graph: Graph, dims: readonly number[], seed: number) =>
	graph.constant(spread([sizeOf(dims)], seed).data as Float32Array, dims);

const FORMS: Forms = {
	"a norm over groups of channels": (x, _, graph) => {
		const channels = x.dims[1] as number;
		return groupNorm(x, vector(graph, [channels], 1), vector(graph, [channels], 2), GROUPS, 1e-5);
	},
	"an activation": (x) => silu(x),
	"a sum": (x, y) => add(x, y),
	"a sum from the other side": (x, y) => add(y, x),
	"a factor and a shift of each channel": (x, _, graph) => {
		const channels = x.dims[1] as number;
		return add(mul(x, vector(graph, [1, channels, 1, 1], 1)), vector(graph, [1, channels, 1, 1], 2));
	},
	"a number": (x) => div(x, 3),
	"a column that is the same in all channels": (x, _, graph) => mul(x, vector(graph, [x.dims[3] as number], 3)),
	"channels behind each other": (x, y) => concat([y, x, y], 1),
	"rows of pixels and back": (x) => pictureOfRows(pixelRows(x), x),
	copies: (x, _, graph) => repeat(x, graph.integers([3]), "copies"),
	"a part of the rows": (x) => slice(x, 2, 1, 3),
};

const shapes = fc.record({
	batch: fc.integer({ min: 1, max: 3 }),
	channels: fc.constantFrom(GROUPS, 3 * GROUPS),
	height: fc.integer({ min: 3, max: 6 }),
	width: fc.integer({ min: 1, max: 5 }),
	seed: fc.nat(1000),
});

describe("with the channels last", () => {
	test.each(Object.keys(FORMS))("%s is as with the channels first", async (name) => {
		const form = FORMS[name]!;
		const property = fc.asyncProperty(shapes, async ({ batch, channels, height, width, seed }) => {
			const dims = [batch, channels, height, width];
			const feeds = { x: spread(dims, seed), y: spread(dims, seed + 1) };
			const { first, last } = await runGraph(feeds, (graph) => {
				const [x, y] = ["x", "y"].map((name) => graph.input(name, "float32", dims)) as [Value, Value];
				return { first: form(x, y, graph), last: form(asPicture(transpose(x, [0, 2, 3, 1])), y, graph) };
			});
			expectClose(last!, first!, 1e-5);
		});
		await fc.assert(property, { numRuns: 6, seed: 1 });
	});

	test("a mean far from zero costs the norm no more than rounding", async () => {
		const x = spread([2, 8, 16, 16]);
		const far = float32(
			x.data.map((value) => 30 + value),
			x.dims,
		);
		const norm = FORMS["a norm over groups of channels"]!;
		const { first, last } = await runGraph({ far }, (graph) => {
			const x = graph.input("far", "float32", far.dims);
			return { first: norm(x, x, graph), last: norm(asPicture(transpose(x, [0, 2, 3, 1])), x, graph) };
		});
		expectClose(last!, first!, 2e-3);
	});

	test("a picture is turned only where an operator needs it so, and once", () => {
		const graph = new Graph({ name: "turning" });
		const x = asPicture(graph.input("x", "float32", [1, 4, 4, 8]));
		const y = silu(add(x, x));
		expect(graph.trace.map(({ op }) => op)).toEqual(["Add", "QuickGelu"]);
		expect(lastOf(y)!.dims).toEqual([1, 4, 4, 8]);
		graph.build({ one: y, two: y });
		expect(graph.trace.filter(({ op }) => op === "Transpose")).toHaveLength(1);
	});

	test("a graph is cut where a picture lies", async () => {
		const make = () => {
			const graph = new Graph({ name: "cut" });
			const pixels = graph.input("pixels", "float32", [1, 4, 4, 8]);
			const picture = silu(asPicture(pixels));
			const kept = mul(silu(picture), 2);
			return { graph, kept, predicted: add(kept, picture) };
		};
		const pixels = spread([1, 4, 4, 8]);
		const whole = make();
		await using session = await Session.create(whole.graph.build({ predicted: whole.predicted }));
		const { graph, kept, predicted } = make();
		const { crossing, ...parts } = cutGraph(graph, { predicted }, kept);
		await using beginning = await Session.create(parts.beginning);
		await using middle = await Session.create(parts.middle);
		await using end = await Session.create(parts.end);
		const begun = (await beginning.runKeeping({ pixels }, crossing)).kept;
		const { kept: given } = (await middle.runKeeping(begun, ["kept"])).kept;
		expect(given!.dims).toEqual([1, 4, 4, 8]);
		const found = await end.run({ ...begun, kept: given! });
		expect(found.predicted!.data).toEqual((await session.run({ pixels })).predicted!.data);
		for (const each of [...Object.values(begun), given!]) await each.release();
	});
});
