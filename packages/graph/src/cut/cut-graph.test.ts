import { join } from "node:path";
import { float32, type Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import {
	add,
	type BuiltGraph,
	CutSession,
	cutGraph,
	Graph,
	type KeptTensor,
	matmul,
	Session,
	tanh,
	type Value,
	Weights,
} from "../index.ts";
import { encoded } from "../testing/encoded.ts";
import { spread } from "../testing/run.ts";
import { checkpointOf, temporaryFolder } from "../testing/temporary.ts";

const folder = await temporaryFolder();
const MOST = 8;
const WIDTH = 6;
const path = join(folder, "layers.safetensors");
await checkpointOf(
	path,
	Object.fromEntries(Array.from({ length: MOST }, (_, i) => [`layer.${i}.weight`, spread([WIDTH, WIDTH], i)])),
);
const checkpoint = await Checkpoint.open(path);

interface Shape {
	/** Of each layer, an earlier value that is added to what it takes; value 0 is the input. */
	skips: number[];
	/** The layer whose result is kept. */
	kept: number;
	precision: "float32" | "float16";
}

const shapes = fc.integer({ min: 2, max: MOST }).chain((layers) =>
	fc.record({
		skips: fc.tuple(...Array.from({ length: layers }, (_, i) => fc.integer({ min: 0, max: i }))),
		kept: fc.integer({ min: 0, max: layers - 2 }),
		precision: fc.constantFrom("float32", "float16"),
	}),
);

/** A chain of layers with skips between them; the end takes the `shift`, and what the first layer takes. */
function network({ skips, kept, precision }: Shape) {
	const graph = new Graph({ name: "layers", precision });
	const weights = new Weights(graph, checkpoint);
	const shift = graph.input("shift", "float32", [1, WIDTH]);
	const values = [tanh(graph.input("x", "float32", ["rows", WIDTH]))];
	for (const [i, skip] of skips.entries()) {
		const entering = add(values.at(-1)!, values[skip]!);
		values.push(tanh(matmul(entering, weights.at("layer", i).get("weight", [WIDTH, WIDTH]))));
	}
	const predicted = add(add(values.at(-1)!, shift), values[0]!);
	return { graph, predicted, kept: values[kept + 1]!, first: values[1] as Value };
}

const feeds = (seed: number) => ({ x: spread([3, WIDTH], seed), shift: spread([1, WIDTH], seed + 1) });
const only = (session: Session, all: Record<string, Tensor | KeptTensor>) =>
	Object.fromEntries(Object.entries(all).filter(([name]) => session.takes(name)));

describe("a graph cut in three", () => {
	test("computes what it does whole, wherever it is cut and whatever skips the cut", async () => {
		await fc.assert(
			fc.asyncProperty(shapes, async (shape) => {
				const { graph, predicted } = network(shape);
				await using whole = await Session.create(graph.build({ predicted }));
				const other = network(shape);
				const { crossing, ...parts } = cutGraph(other.graph, { predicted: other.predicted }, other.kept);
				await using beginning = await Session.create(parts.beginning);
				await using middle = await Session.create(parts.middle);
				await using end = await Session.create(parts.end);
				const given = feeds(1);
				const begun = (await beginning.runKeeping(only(beginning, given), crossing)).kept;
				const { kept } = (await middle.runKeeping(only(middle, { ...given, ...begun }), ["kept"])).kept;
				const found = await end.run(only(end, { ...given, ...begun, kept: kept! }));
				expect(found.predicted!.data).toEqual((await whole.run(given)).predicted!.data);
				for (const each of [...Object.values(begun), kept!]) await each.release();
			}),
			{ numRuns: 12 },
		);
	});

	test("has each weight in one part", () => {
		fc.assert(
			fc.property(shapes, (shape) => {
				const { graph, predicted, kept } = network(shape);
				const { beginning, middle, end } = cutGraph(graph, { predicted }, kept);
				for (const layer of shape.skips.keys()) {
					const holds = (part: BuiltGraph) => encoded(part).includes(`layer.${layer}.weight`);
					expect([beginning, middle, end].filter(holds)).toHaveLength(1);
				}
			}),
			{ numRuns: 50 },
		);
	});

	test("takes what is kept in place of computing it, and gives the other outputs that were asked for", async () => {
		const { graph, predicted, kept, first } = network({ skips: [0, 0, 1], kept: 1, precision: "float32" });
		const { crossing, beginning, end } = cutGraph(graph, { predicted }, kept, { first });
		await using begins = await Session.create(beginning);
		await using ends = await Session.create(end);
		const { kept: begun, outputs } = await begins.runKeeping(only(begins, feeds(1)), crossing);
		expect(Object.keys(outputs)).toEqual(["first"]);
		const run = async (value: number) => {
			const old = float32(new Float32Array(3 * WIDTH).fill(value), [3, WIDTH]);
			return (await ends.run(only(ends, { ...feeds(1), ...begun, kept: old }))).predicted!.data;
		};
		expect(await run(0)).not.toEqual(await run(0.5));
		expect(end.inputs.map(({ name }) => name)).not.toContain("x");
		for (const each of Object.values(begun)) await each.release();
	});
});

describe("a session cut in three", () => {
	const build = async () => {
		const { graph, predicted, kept } = network({ skips: [0, 0, 1], kept: 1, precision: "float32" });
		return cutGraph(graph, { predicted }, kept);
	};

	test("is loaded once for a key, and anew for another or after a release", async () => {
		await using cut = new CutSession();
		const building = vi.fn(build);
		const name = async (key: string) => cut.use(key, building, async ({ end }) => end.name);
		expect([await name("a"), await name("a")]).toEqual(["layers", "layers"]);
		expect(building).toHaveBeenCalledTimes(1);
		await name("b");
		expect(building).toHaveBeenCalledTimes(2);
		await cut.release();
		await name("b");
		expect(building).toHaveBeenCalledTimes(3);
	});

	test("leaves no part behind where one cannot be loaded", async () => {
		await using cut = new CutSession();
		const broken = async () => ({
			...(await build()),
			end: { ...(await build()).end, encode: () => new Uint8Array(8) },
		});
		const release = vi.spyOn(Session.prototype, "release");
		await expect(cut.use("a", broken, async () => 1)).rejects.toMatchObject({ code: "device" });
		expect(release).toHaveBeenCalledTimes(2);
		vi.restoreAllMocks();
		expect(await cut.use("a", build, async () => 1)).toBe(1);
	});

	test("is not built for a signal that has fired", async () => {
		await using cut = new CutSession();
		const building = vi.fn(build);
		const signal = AbortSignal.abort("enough");
		await expect(cut.use("a", building, async () => 1, { signal })).rejects.toBe("enough");
		expect(building).not.toHaveBeenCalled();
	});
});
