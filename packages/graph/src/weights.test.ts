import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { CheckpointError, float32, type Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { describe, expect, it } from "vitest";
import { add, Graph, linear, linearParts, type Value, type WeightSource, Weights } from "./index.ts";
import { runGraph } from "./testing/run.ts";
import { checkpointOf, temporaryFolder } from "./testing/temporary.ts";

const folder = await temporaryFolder();

const pair = (a: number, b: number) => float32(Float32Array.of(a, b), [2]);
const PARTS = { "a.weight": pair(1, 2), "b.weight": pair(30, 40) };
const FEEDS = { x: pair(100, 200) };
const SUM = pair(131, 242);

/** x plus the weights `a.weight` and `b.weight`. */
function sum(graph: Graph, a: WeightSource, b: WeightSource = a): Record<string, Value> {
	const x = graph.input("x", "float32", [2]);
	const [first, second] = [new Weights(graph, a).at("a"), new Weights(graph, b).at("b")].map((w) =>
		w.get("weight", [2]),
	);
	return { y: add(add(x, first!), second!) };
}

async function inFolder(...path: string[]): Promise<string> {
	await mkdir(join(folder, ...path), { recursive: true });
	return join(folder, ...path);
}

describe("weights are read from where the checkpoint's files lie", () => {
	it("two files in different folders", async () => {
		const [left, right] = [await inFolder("left", "deep", "deeper"), await inFolder("right")];
		const a = await checkpointOf(join(left, "model.safetensors"), { "a.weight": PARTS["a.weight"] });
		const b = await checkpointOf(join(right, "model.safetensors"), { "b.weight": PARTS["b.weight"] });
		expect(await runGraph(FEEDS, (graph) => sum(graph, a, b))).toEqual({ y: SUM });
	});

	it("a folder within the other's, whose names need care in a path", async () => {
		const outer = await inFolder("épée 100%, a & b");
		const inner = await inFolder("épée 100%, a & b", "..in#ner");
		const a = await checkpointOf(join(outer, "a.safetensors"), { "a.weight": PARTS["a.weight"] });
		const b = await checkpointOf(join(inner, "b.safetensors"), { "b.weight": PARTS["b.weight"] });
		expect(await runGraph(FEEDS, (graph) => sum(graph, a, b))).toEqual({ y: SUM });
	});

	it("links into a folder of blobs, as a hub cache has", async () => {
		const [blobs, snapshot] = [await inFolder("hub", "blobs"), await inFolder("hub", "snapshots", "1f2e", "unet")];
		await checkpointOf(join(blobs, "new"), PARTS);
		await rename(join(blobs, "new"), join(blobs, "9a8b7c"));
		const link = join(snapshot, "model.safetensors");
		await symlink(relative(snapshot, join(blobs, "9a8b7c")), link);
		const weights = await Checkpoint.open(link);
		expect(await runGraph(FEEDS, (graph) => sum(graph, weights))).toEqual({ y: SUM });
	});

	it("the shards of an index, linked into blobs", async () => {
		const [blobs, snapshot] = [
			await inFolder("models--a--b", "blobs"),
			await inFolder("models--a--b", "snapshots", "3d4c"),
		];
		const weight_map: Record<string, string> = {};
		for (const [i, [name, tensor]] of Object.entries(PARTS).entries()) {
			const shard = `model-0000${i + 1}-of-00002.safetensors`;
			await checkpointOf(join(blobs, `blob${i}`), { [name]: tensor });
			await symlink(join(blobs, `blob${i}`), join(snapshot, shard));
			weight_map[name] = shard;
		}
		const index = join(snapshot, "model.safetensors.index.json");
		await writeFile(index, JSON.stringify({ weight_map }));
		const weights = await Checkpoint.open(index);
		expect(await runGraph(FEEDS, (graph) => sum(graph, weights))).toEqual({ y: SUM });
	});
});

describe("Weights", () => {
	const int64 = { type: "int64", dims: [2], data: BigInt64Array.of(1n, 2n) } as const;
	const TENSORS: Record<string, Tensor> = {
		"fc.weight": float32(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]),
		"fc.bias": pair(0.5, -0.5),
		"fc.position_ids": int64,
		"fc2.bias": pair(1, 1),
		scale: float32(Float32Array.of(2), []),
	};
	const open = () => checkpointOf(join(folder, "tree.safetensors"), TENSORS);
	const thrown = (call: () => unknown): unknown => {
		try {
			call();
		} catch (error) {
			return error;
		}
	};

	it.each([
		["is missing", "fc.other", [2], "a tensor [2]", "none"],
		["has another shape", "fc.weight", [3, 2], "[3, 2]", "[2, 3]"],
		["has other rank", "fc.bias", [2, 1], "[2, 1]", "[2]"],
		["is a place, not a tensor", "fc", [2], "a tensor [2]", "none"],
		["holds integers", "fc.position_ids", [2], "floating-point numbers", "int64"],
	])("a weight that %s is refused by name", async (_, name, dims, expected, found) => {
		const weights = await open();
		const error = thrown(() => new Weights(new Graph({ name: "test" }), weights).at("").get(name, dims));
		expect(error).toBeInstanceOf(CheckpointError);
		expect(error).toMatchObject({ what: `weight ${name} of ${weights.name}`, expected, found });
		expect((error as CheckpointError).next).toContain(found === "int64" ? "quantised" : "config.json");
	});

	it("a layer names the weight under its own path", async () => {
		const weights = await open();
		const graph = new Graph({ name: "test" });
		const x = graph.input("x", "float32", [4, 5]);
		expect(() => linear(new Weights(graph, weights).at("fc"), x, 2)).toThrow(
			/weight fc\.weight of .*: expected \[2, 5\], found \[2, 3\]/,
		);
	});

	it("asks for the shape each time, also of a weight it gave before", async () => {
		const w = new Weights(new Graph({ name: "test" }), await open());
		expect(w.at("fc").get("bias", [2])).toBe(w.get("fc.bias", [2]));
		expect(() => w.get("fc.bias", [3])).toThrow(CheckpointError);
	});

	it("gives a weight whole, in another shape and in parts, in one graph", async () => {
		const weights = await open();
		const x = float32(Float32Array.of(1, 0, 0, 0, 1, 1), [2, 3]);
		const found = await runGraph({ x }, (graph) => {
			const w = new Weights(graph, weights).at("fc");
			const input = graph.input("x", "float32", [2, 3]);
			const [left, right] = linearParts(w, input, 1, 2) as [Value, Value];
			const [again] = w.parts("weight", [2, 3], 2) as [Value];
			const parts = w.parts("weight", [2, 3], 2);
			expect(parts[0]).toBe(again);
			return { whole: linear(w, input, 2), left, right, flat: add(w.get("weight", [2, 3], [6]), graph.scalar(0)) };
		});
		expect(Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, [...data]]))).toEqual({
			whole: [1.5, 3.5, 5.5, 10.5],
			left: [1.5, 5.5],
			right: [3.5, 10.5],
			flat: [1, 2, 3, 4, 5, 6],
		});
	});

	it("knows which places it has, without mistaking a name's beginning for a place", async () => {
		const w = new Weights(new Graph({ name: "test" }), await open());
		expect([w.has("fc"), w.has("fc.weight"), w.has("scale"), w.at("fc").has("bias")]).toEqual([true, true, true, true]);
		expect([w.has("f"), w.has("fc.w"), w.at("fc2").has("weight")]).toEqual([false, false, false]);
		expect(w.at("fc").dims("weight")).toEqual([2, 3]);
		expect(w.dims("absent")).toBeUndefined();
	});

	it("lists what nobody asked for, below a place or in all", async () => {
		const w = new Weights(new Graph({ name: "test" }), await open());
		expect(w.unused().sort()).toEqual(Object.keys(TENSORS).sort());
		w.at("fc").get("weight", [2, 3]);
		w.at("fc").parts("bias", [2], 2);
		expect(w.unused().sort()).toEqual(["fc.position_ids", "fc2.bias", "scale"]);
		expect(w.at("fc").unused()).toEqual(["fc.position_ids"]);
		w.get("scale", []);
		w.at("fc2").get("bias", [2]);
		expect(w.at("fc2").unused()).toEqual([]);
		expect(w.unused()).toEqual(["fc.position_ids"]);
	});
});
