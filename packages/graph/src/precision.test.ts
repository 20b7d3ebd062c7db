import { join } from "node:path";
import {
	bfloat16ToFloat32,
	float16ToFloat32,
	float32,
	float32ToBfloat16,
	float32ToFloat16,
	type Tensor,
	toFloat32,
} from "@drum/tensor";
import type { Checkpoint } from "@drum/tensor/node";
import { expect, test } from "vitest";
import {
	add,
	type BuiltGraph,
	conv2d,
	embedding,
	Graph,
	type GraphOptions,
	groupNorm,
	layerNorm,
	linear,
	linearParts,
	mul,
	Session,
	upsampleConv2d,
	type Value,
	Weights,
} from "./index.ts";
import { expectClose, runGraph, spread } from "./testing/run.ts";
import { checkpointOf, temporaryFolder } from "./testing/temporary.ts";

// Oracle: the same graph in float32 over weights that were rounded before they were written.

const folder = await temporaryFolder();
const HALVES = {
	float16: { encode: float32ToFloat16, decode: float16ToFloat32 },
	bfloat16: { encode: float32ToBfloat16, decode: bfloat16ToFloat32 },
	float64: {
		encode: (values: Float32Array) => Float64Array.from(values, (value) => value * (1 + 1e-9)),
		decode: (values: Float64Array) => Float32Array.from(values),
	},
	float8_e4m3fn: eightBits("float8_e4m3fn"),
	float8_e5m2: eightBits("float8_e5m2"),
};
const TYPES = Object.keys(HALVES) as (keyof typeof HALVES)[];

/** The nearest of the 256 numbers there are. */
function eightBits(type: "float8_e4m3fn" | "float8_e5m2") {
	const all = toFloat32({ type, dims: [256], data: Uint8Array.from({ length: 256 }, (_, pattern) => pattern) });
	const distance = (pattern: number, value: number) => {
		const away = Math.abs(all[pattern]! - value);
		return Number.isNaN(away) ? Number.POSITIVE_INFINITY : away;
	};
	const nearest = (value: number) =>
		all.reduce((best, _, pattern) => (distance(pattern, value) < distance(best, value) ? pattern : best), 0);
	const encode = (values: Float32Array) => Uint8Array.from(values, nearest);
	return { encode, decode: (data: Uint8Array) => toFloat32({ type, dims: [data.length], data }) };
}

const WEIGHTS = {
	"conv.weight": spread([4, 3, 3, 3]),
	"conv.bias": spread([4], 1),
	"up.weight": spread([4, 4, 3, 3], 2),
	"up.bias": spread([4], 3),
	"norm.weight": spread([4], 4),
	"norm.bias": spread([4], 5),
	"fc.weight": spread([6, 8], 6),
	"fc.bias": spread([6], 7),
	"ln.weight": spread([6], 8),
	"ln.bias": spread([6], 9),
	"table.weight": spread([5, 6], 10),
};

const FEEDS = {
	x: spread([2, 3, 5, 4], 11),
	ids: { type: "int64", dims: [2, 4, 10], data: BigInt64Array.from({ length: 80 }, (_, i) => BigInt((3 * i) % 5)) },
} as const satisfies Record<string, Tensor>;

/** A bit of each kind of layer: those that take weights apart, sum them while loading, and take them as they are. */
function model(graph: Graph, weights: Checkpoint): Record<string, Value> {
	const w = new Weights(graph, weights);
	const x = graph.input("x", "float32", ["batch", 3, 5, 4]);
	const ids = graph.input("ids", "int64", ["batch", 4, 10]);
	const y = groupNorm(w.at("norm"), upsampleConv2d(w.at("up"), conv2d(w.at("conv"), x, 4, 3, { padding: 1 }), 4), 2);
	const z = linear(w.at("fc"), y, 6);
	const [a, b] = linearParts(w.at("fc"), y, 3, 2) as [Value, Value];
	return { z: add(layerNorm(w.at("ln"), z), embedding(w.at("table"), ids, 5, 6)), product: mul(a, b) };
}

async function run(
	name: string,
	tensors: Readonly<Record<string, Tensor>>,
	options?: Partial<GraphOptions>,
): Promise<Record<string, Tensor<"float32">>> {
	const weights = await checkpointOf(join(folder, `${name}.safetensors`), tensors);
	return runGraph(FEEDS, (graph) => model(graph, weights), options);
}

/** Each weight in the half type, and as float32 after the rounding. */
function rounded(type: keyof typeof HALVES) {
	const { encode, decode } = HALVES[type];
	const entries = Object.entries(WEIGHTS).map(([name, { data, dims }]) => [name, encode(data), dims] as const);
	return {
		half: Object.fromEntries(entries.map(([name, data, dims]) => [name, { type, dims, data } as Tensor])),
		full: Object.fromEntries(entries.map(([name, data, dims]) => [name, float32(decode(data as never), dims)])),
	};
}

test.each(TYPES)("%s weights are computed with in float32, to the bit", async (type) => {
	const { half, full } = rounded(type);
	const expected = await run(`${type}-full`, full);
	expect(await run(`${type}-half`, half)).toEqual(expected);
	expect(Math.max(...expected.z!.data.map(Math.abs))).toBeGreaterThan(0.1);
});

test.each(TYPES.filter((type) => !/float8/.test(type)))(
	"of a %s table only the rows that are asked for are cast",
	async (type) => {
		const { half, full } = rounded(type);
		const weights = await checkpointOf(join(folder, `${type}-table.safetensors`), half);
		const graph = new Graph({ name: "table" });
		const rows = (graph: Graph) => {
			const ids = graph.input("ids", "int64", ["batch", 4, 10]);
			return { rows: embedding(new Weights(graph, weights).at("table"), ids, 5, 6) };
		};
		expect(graph.build(rows(graph)).folds).toBe(false);
		const found = await runGraph({ ids: FEEDS.ids }, rows);
		const table = full["table.weight"]!.data;
		expect([...found.rows!.data]).toEqual(
			Array.from(FEEDS.ids.data, (id) => [...table.subarray(6 * Number(id), 6 * Number(id) + 6)]).flat(),
		);
	},
);

test("for a device without half precision a float16 table is cast as a whole, and its rows are the same", async () => {
	const weights = await checkpointOf(join(folder, "whole-table.safetensors"), rounded("float16").half);
	const graph = new Graph({ name: "table" });
	const ids = graph.input("ids", "int64", ["batch", 4, 10]);
	const stored = graph.build({ rows: embedding(new Weights(graph, weights).at("table"), ids, 5, 6) });
	const whole = await stored.replacing(new Set(["Gather of float16 float16"] as const));
	expect([...stored.operators].sort()).toEqual(["Cast float32", "Gather float16", "Identity float32"]);
	expect([...whole.operators]).toContain("Gather float32");
	expect([...whole.operators]).not.toContain("Gather float16");
	const rows = async (built: BuiltGraph) => {
		await using session = await Session.create(built, { threads: 1 });
		return session.run({ ids: FEEDS.ids });
	};
	expect(await rows(whole)).toEqual(await rows(stored));
});

test("a checkpoint may mix types", async () => {
	const { half, full } = rounded("float16");
	const mixed = { ...half, "conv.weight": WEIGHTS["conv.weight"], "ln.bias": WEIGHTS["ln.bias"] };
	const expected = { ...full, "conv.weight": WEIGHTS["conv.weight"], "ln.bias": WEIGHTS["ln.bias"] };
	expect(await run("mixed", mixed)).toEqual(await run("mixed-full", expected));
});

test.each(["float32" as const, ...TYPES])(
	"a float16 graph over %s weights takes and gives float32, and is near",
	async (type) => {
		const weights = type === "float32" ? { half: WEIGHTS, full: WEIGHTS } : rounded(type);
		const expected = await run(`${type}-reference`, weights.full);
		const found = await run(`${type}-float16`, weights.half, { precision: "float16" });
		expect(found.z!.type).toBe("float32");
		const error = expectClose(found.z, expected.z!, 2e-2);
		expect(error).toBeGreaterThan(0);
		expectClose(found.product, expected.product!, 2e-2);
	},
);
