import { DeviceError, float32, type Tensor } from "@drum/tensor";
import { afterAll, describe, expect, it } from "vitest";
import { add, type Device, Graph, Session } from "./index.ts";
import { ones, row, slowGraph, sumGraph, vector } from "./testing/sum.ts";

const session = await Session.create(sumGraph());
afterAll(() => session.release());
const FEEDS = { x: row(1, 2), y: vector(10, 20) };
const SUM = { z: row(11, 22) };
const slow = () => Session.create(slowGraph(256, 60), { threads: 1 });

describe("a session says which feed is wrong", () => {
	const int64 = { type: "int64", dims: [1, 2], data: BigInt64Array.of(1n, 2n) } as const;
	it.each<[string, Record<string, Tensor>, string]>([
		["one is missing", { x: row(1, 2) }, "input y of sum: expected float32 [2], found only x"],
		["all are missing", {}, "input x of sum: expected float32 [batch, 2], found no feeds"],
		["one is unknown", { ...FEEDS, q: row(1) }, "feeds of sum: expected x, y, found q"],
		["another extent", { x: row(1, 2, 3), y: vector(1, 2) }, "input x of sum: expected float32 [batch, 2]"],
		["another rank", { x: vector(1, 2), y: vector(1, 2) }, "found float32 [2]"],
		["another type", { x: int64, y: vector(1, 2) }, "found int64 [1, 2]"],
		["too few elements", { x: float32(Float32Array.of(1), [1, 2]), y: vector(1, 2) }, "expected 2 elements, found 1"],
		["undefined", { x: row(1, 2), y: undefined as never }, "input y of sum"],
	])("%s", async (_, feeds, text) => {
		const call = session.run(feeds);
		await expect(call).rejects.toBeInstanceOf(DeviceError);
		await expect(call).rejects.toThrow(text);
	});

	it("which option, and which result to keep", async () => {
		const misspelt = { singal: AbortSignal.timeout(1) } as object;
		await expect(session.run(FEEDS, misspelt)).rejects.toThrow(/option singal of run: .*Did you mean signal\?/);
		await expect(Session.create(sumGraph(), { devise: "cpu" } as object)).rejects.toThrow(
			/option devise of Session\.create: .*Did you mean device\?/,
		);
		await expect(session.runKeeping(FEEDS, ["zz"])).rejects.toThrow(
			"results of sum to keep: expected some of z, found zz",
		);
	});

	it("and runs the next ones", async () => {
		expect(await session.run(FEEDS)).toEqual(SUM);
	});

	it("extents of one name must agree", async () => {
		const graph = new Graph({ name: "two" });
		const [a, b] = ["a", "b"].map((name) => graph.input(name, "float32", ["batch", 2]));
		const two = await Session.create(graph.build({ z: add(a!, b!) }));
		const call = two.run({ a: float32(new Float32Array(6), [3, 2]), b: row(1, 2) });
		await expect(call).rejects.toThrow(
			"input b of two: expected float32 [batch, 2] where batch = 3, found float32 [1, 2]",
		);
		await two.release();
	});
});

describe("a session runs", () => {
	it("any batch, none too", async () => {
		const y = vector(10, 20);
		expect(await session.run({ x: float32(Float32Array.of(1, 2, 3, 4), [2, 2]), y })).toEqual({
			z: float32(Float32Array.of(11, 22, 13, 24), [2, 2]),
		});
		expect(await session.run({ x: float32(new Float32Array(0), [0, 2]), y })).toEqual({
			z: float32(new Float32Array(0), [0, 2]),
		});
	});

	it("on a view of a larger array, of which it leaves the rest alone", async () => {
		const data = Float32Array.of(9, 9, 1, 2, 9);
		expect(await session.run({ x: float32(data.subarray(2, 4), [1, 2]), y: vector(10, 20) })).toEqual(SUM);
		expect([...data]).toEqual([9, 9, 1, 2, 9]);
	});

	it("many runs asked for at once, each with its own result", async () => {
		const runs = Array.from({ length: 20 }, (_, i) => session.run({ x: row(i, -i), y: vector(1, 1) }));
		const results = await Promise.all(runs);
		expect(results.map(({ z }) => [...z!.data])).toEqual(Array.from({ length: 20 }, (_, i) => [i + 1, 1 - i]));
	});

	it("in several threads as in one", async () => {
		const graph = slowGraph(256, 3);
		const x = float32(
			Float32Array.from({ length: 256 * 256 }, (_, i) => Math.sin(i)),
			[256, 256],
		);
		const [one, four] = await Promise.all([1, 4].map((threads) => Session.create(graph, { threads })));
		const [alone, shared] = [(await one!.run({ x })).z!.data, (await four!.run({ x })).z!.data];
		const largest = Math.max(...alone.map(Math.abs));
		expect(largest).toBeGreaterThan(0);
		expect(Math.max(...alone.map((value, i) => Math.abs(value - shared[i]!)))).toBeLessThan(1e-5 * largest);
		await Promise.all([one!.release(), four!.release()]);
	});

	it("next to another session of the same graph, which is released later", async () => {
		const graph = sumGraph();
		const [one, two] = await Promise.all([Session.create(graph), Session.create(graph)]);
		expect(await Promise.all([one.run(FEEDS), two.run(FEEDS)])).toEqual([SUM, SUM]);
		await one.release();
		expect(await two.run(FEEDS)).toEqual(SUM);
		await two.release();
	});
});

describe("a released session", () => {
	it("refuses to run, and says so by its name", async () => {
		const own = await Session.create(sumGraph());
		await own.release();
		const call = own.run(FEEDS);
		await expect(call).rejects.toBeInstanceOf(DeviceError);
		await expect(call).rejects.toThrow("sum was released. Load it again before you run it");
		await expect(own.runKeeping(FEEDS, ["z"])).rejects.toBeInstanceOf(DeviceError);
	});

	it("is released again without a word, at once or later", async () => {
		const own = await Session.create(sumGraph());
		await Promise.all([own.release(), own.release()]);
		await own.release();
		await own[Symbol.asyncDispose]();
	});

	it("has finished the runs that were asked for before", async () => {
		const own = await slow();
		const order: string[] = [];
		const run = own.run({ x: ones(256) }).then(({ z }) => {
			order.push("run");
			return z!;
		});
		const release = own.release().then(() => order.push("release"));
		const [z] = await Promise.all([run, release]);
		expect(order).toEqual(["run", "release"]);
		expect(z.data.every((value) => Math.abs(value - 1) < 1e-4)).toBe(true);
	});
});

describe("an abort signal", () => {
	const reason = new Error("enough");

	it("that has fired stops loading and running with its reason", async () => {
		const signal = AbortSignal.abort(reason);
		await expect(Session.create(sumGraph(), { signal })).rejects.toBe(reason);
		await expect(session.run(FEEDS, { signal })).rejects.toBe(reason);
		await expect(session.runKeeping(FEEDS, ["z"], { signal })).rejects.toBe(reason);
	});

	it("that fires while the model loads ends in its reason", async () => {
		const control = new AbortController();
		const creating = Session.create(sumGraph(), { signal: control.signal });
		control.abort(reason);
		await expect(creating).rejects.toBe(reason);
	});

	it("that fires during a run lets it end and stops the next", async () => {
		const own = await slow();
		const control = new AbortController();
		const first = own.run({ x: ones(256) }, { signal: control.signal });
		control.abort(reason);
		expect((await first).z!.dims).toEqual([256, 256]);
		await expect(own.run({ x: ones(256) }, { signal: control.signal })).rejects.toBe(reason);
		expect((await own.run({ x: ones(256) })).z!.dims).toEqual([256, 256]);
		await own.release();
	});
});

describe("a kept tensor", () => {
	it("is given to later runs of any session, as often as wanted", async () => {
		const { z } = (await session.runKeeping(FEEDS, ["z"])).kept;
		expect(z!.dims).toEqual([1, 2]);
		const other = await Session.create(sumGraph());
		expect(await session.run({ x: z!, y: vector(1, 1) })).toEqual({ z: row(12, 23) });
		expect(await other.run({ x: z!, y: vector(2, 2) })).toEqual({ z: row(13, 24) });
		await Promise.all([z!.release(), other.release()]);
	});

	it("outlives the session it came from", async () => {
		const own = await Session.create(sumGraph());
		const { z } = (await own.runKeeping(FEEDS, ["z"])).kept;
		await own.release();
		expect(await session.run({ x: z!, y: vector(0, 0) })).toEqual(SUM);
		await z!.release();
	});

	it("is released again without a word, and refused afterwards", async () => {
		const { z } = (await session.runKeeping(FEEDS, ["z"])).kept;
		await Promise.all([z!.release(), z!.release()]);
		await z!.release();
		const call = session.run({ x: z!, y: vector(0, 0) });
		await expect(call).rejects.toBeInstanceOf(DeviceError);
		await expect(call).rejects.toThrow("a kept tensor was released");
	});

	it("is released after the runs that use it", async () => {
		const { z } = (await session.runKeeping(FEEDS, ["z"])).kept;
		const run = session.run({ x: z!, y: vector(0, 0) });
		await z!.release();
		expect(await run).toEqual(SUM);
	});

	it("has a shape that is checked as any feed's", async () => {
		const { z } = (await session.runKeeping(FEEDS, ["z"])).kept;
		await expect(session.run({ x: row(1, 2), y: z! })).rejects.toThrow("input y of sum: expected float32 [2]");
		await z!.release();
	});
});

describe("a graph that cannot be loaded", () => {
	it("is a DeviceError that names it, and others load still", async () => {
		const graph = new Graph({ name: "odd" });
		const x = graph.input("x", "float32", [1]);
		const call = Session.create(graph.build({ y: graph.node("NoSuchOperator", [x], { dims: [1] }) }));
		await expect(call).rejects.toBeInstanceOf(DeviceError);
		await expect(call).rejects.toThrow(/odd could not be loaded on cpu: found .*NoSuchOperator/);
		expect(await session.run(FEEDS)).toEqual(SUM);
	});

	it.each(["tpu", "CPU", "", "__proto__"])("%j is no device: those there are are listed", async (name) => {
		const device = name as Device;
		const call = Session.create(sumGraph(), { device });
		await expect(call).rejects.toBeInstanceOf(DeviceError);
		await expect(call).rejects.toThrow(
			`device: expected one of cpu, cuda, webgpu, dml, coreml, found ${JSON.stringify(name)}`,
		);
	});
});

it("an old Node.js gets a one-sentence error that says so", async () => {
	const { node } = process.versions;
	Object.defineProperty(process.versions, "node", { value: "20.20.2" });
	try {
		await expect(Session.create(sumGraph())).rejects.toThrow(
			"Node.js: expected version 22.12 or later, found 20.20.2. Install a current Node.js",
		);
	} finally {
		Object.defineProperty(process.versions, "node", { value: node });
	}
});
