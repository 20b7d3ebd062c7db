import type { Graph, Value } from "@drum/graph";

/** The fastest that this machine multiplies matrices: billions of operations a second, a product and its sum being two. */
export interface Roof {
	float32: number;
	int8: number;
}

const SIDE = 1536;
const DIMS = [SIDE, SIDE];
/** One after another in one run, beside which it hardly counts that feeds and results travel between threads. */
const CHAIN = 6;
/** The best counts: whatever else runs only slows. */
const RUNS = 5;

/** A product by a square matrix, in float32 and of bytes, as the models' runtime does it. */
const PRODUCTS: Readonly<Record<keyof Roof, (graph: Graph, a: Value, b: Value) => Value>> = {
	float32: (graph, a, b) => graph.node("MatMul", [a, b], { dims: DIMS }),
	int8: (graph, a, b) => {
		const codes = graph.node("Cast", [b], { dims: DIMS, type: "int8" }, { to: { type: "int8" } });
		const inputs = [a, codes, graph.scalar(1 / SIDE)];
		return graph.node("DynamicQuantizeMatMul", inputs, { dims: DIMS }, {}, "com.microsoft");
	},
};

/** Measures what the models' convolutions and products could reach at most. */
export async function measureRoof(threads: number | undefined, signal: AbortSignal): Promise<Roof> {
	const float32 = await rate("float32", threads, signal);
	return { float32, int8: await rate("int8", threads, signal) };
}

async function rate(type: keyof Roof, threads: number | undefined, signal: AbortSignal): Promise<number> {
	const { Graph, Session } = await import("@drum/graph");
	const graph = new Graph({ name: `product in ${type}` });
	let product = graph.input("a", "float32", DIMS);
	// A weight: packed once, while the graph is loaded.
	const b = graph.whileLoading(() => graph.node("Expand", [graph.scalar(1), graph.integers(DIMS)], { dims: DIMS }));
	for (let i = 0; i < CHAIN; i++) product = PRODUCTS[type](graph, product, b);
	const most = graph.node("ReduceMax", [product], { dims: [] }, { keepdims: { int: 0 } });
	await using session = await Session.create(graph.build({ most }), { threads, signal });
	const seconds: number[] = [];
	for (let i = 0; i < RUNS; i++) {
		const feeds = { a: { type: "float32", dims: DIMS, data: new Float32Array(SIDE ** 2).fill(1 / SIDE) } as const };
		const start = performance.now();
		await session.run(feeds, { signal });
		seconds.push((performance.now() - start) / 1000);
	}
	return (CHAIN * 2 * SIDE ** 3) / Math.min(...seconds) / 1e9;
}
