import type { Tensor } from "@drum/tensor";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { add, Graph, gradients, mul, reduceSum, Session, type Value } from "../index.ts";
import { chain, chainInputs, LARGEST, LINKS } from "../testing/chains.ts";
import { differenceAlong } from "../testing/finite-differences.ts";
import { spread } from "../testing/run.ts";

// Oracles: finite differences, and that a gradient is linear.

const links = fc.array(fc.constantFrom(...Object.keys(LINKS)), { minLength: 1, maxLength: 6 });
const shift = fc.double({ min: 0, max: 6, noNaN: true });
const factor = fc.double({ min: -3, max: 3, noNaN: true });

const feedsOf = (at: number) => ({ x: spread([2, 3, 4], at), table: spread([LARGEST, LARGEST], at + 1) });
const sum = (y: Value) => reduceSum(y, [0, 1, 2]);

/** The sum of a function's result with weights of its shape. */
function weightedSum(y: Value): { by: Tensor<"float32">; loss: Value } {
	const by = spread(y.dims as number[], 2);
	return { by, loss: sum(mul(y, y.graph.constant(by.data, by.dims))) };
}

const STEP = 2e-3;
const norm = (values: Iterable<number>) => Math.hypot(...values);

test("a chain's gradient is the limit of its differences along any direction", async () => {
	const property = fc.asyncProperty(links, shift, async (names, at) => {
		const graph = new Graph({ name: "chain" });
		const { x, table } = chainInputs(graph);
		// Each is used, whatever the links take.
		const y = add(chain(names, x, table), mul(mul(sum(x), reduceSum(table, [0, 1])), 0.01));
		const { by, loss } = weightedSum(y);
		const [dx, dtable] = gradients(loss, [x, table]);
		await using session = await Session.create(graph.build({ y, dx: dx!, dtable: dtable! }), { threads: 1 });
		const feeds = feedsOf(at);
		const found = await session.run(feeds);
		// A few units of float32's last place in each result.
		const rounding = (2 ** -22 * norm(found.y!.data.map((value, i) => value * by.data[i]!))) / STEP;
		for (const name of ["x", "table"] as const) {
			const gradient = found[`d${name}`]!.data;
			const direction = spread(feeds[name].dims, at + 3).data;
			const along = (step: number) => differenceAlong(session, feeds, name, { y: by }, direction, step);
			// Richardson: the two differences' errors in step² cancel.
			const limit = (4 * (await along(STEP)) - (await along(2 * STEP))) / 3;
			const expected = gradient.reduce((total, value, i) => total + value * direction[i]!, 0);
			const bound = 2e-3 * norm(gradient) * norm(direction) + rounding;
			expect(Math.abs(limit - expected), name).toBeLessThan(bound);
		}
	});
	await fc.assert(property, { numRuns: 60 });
});

test("the gradient of a · f + b · g is a times that of f plus b times that of g", async () => {
	const property = fc.asyncProperty(links, links, factor, factor, shift, async (first, second, a, b, at) => {
		const graph = new Graph({ name: "chains" });
		const { x, table } = chainInputs(graph);
		const [f, g] = [first, second].map((names) => weightedSum(chain(names, x, table)).loss);
		const losses = { both: add(mul(f!, a), mul(g!, b)), f: f!, g: g! };
		const found = Object.entries(losses).map(([name, loss]) => [name, gradients(loss, [x])[0]!]);
		await using session = await Session.create(graph.build(Object.fromEntries(found)), { threads: 1 });
		const results = await session.run(feedsOf(at));
		const [of, og] = [results.f!.data, results.g!.data];
		const scale = 1 + Math.abs(a) * norm(of) + Math.abs(b) * norm(og);
		for (const [i, value] of results.both!.data.entries())
			expect(Math.abs(value - (a * of[i]! + b * og[i]!))).toBeLessThan(1e-5 * scale);
	});
	await fc.assert(property, { numRuns: 60 });
});
