import { join } from "node:path";
import { sizeOf } from "@drum/tensor";
import { expect, test } from "vitest";
import {
	conv2d,
	Graph,
	type LayerError,
	linear,
	linearParts,
	quantize,
	Session,
	type WeightSource,
	Weights,
} from "./index.ts";
import { spread } from "./testing/run.ts";
import { checkpointOf, temporaryFolder } from "./testing/temporary.ts";

// Oracle: the same layers in float32 and in int8, each in a session of its own.

const WIDTH = 64;
const SHAPES = {
	"conv.weight": [WIDTH, WIDTH, 3, 3],
	"conv.bias": [WIDTH],
	"fc.weight": [2 * WIDTH, WIDTH],
	"fc.bias": [2 * WIDTH],
	"small.weight": [4, WIDTH],
	"small.bias": [4],
};
const PICTURE = spread([1, WIDTH, 6, 5]);
const ROWS = spread([1, 7, WIDTH], 3);

const folder = await temporaryFolder();
const checkpoint = await checkpointOf(
	join(folder, "layers.safetensors"),
	Object.fromEntries(Object.entries(SHAPES).map(([name, dims], i) => [name, spread(dims, i)])),
);

function build(weights: WeightSource) {
	const graph = new Graph({ name: "layers" });
	const w = new Weights(graph, weights);
	const [picture, rows] = [graph.input("picture", "float32", PICTURE.dims), graph.input("rows", "float32", ROWS.dims)];
	const [first, second] = linearParts(w.at("fc"), rows, WIDTH, 2);
	const conv = conv2d(w.at("conv"), picture, WIDTH, 3, { padding: 1 });
	return graph.build({ conv, first: first!, second: second!, small: linear(w.at("small"), rows, 4) });
}

async function run(weights: WeightSource) {
	await using session = await Session.create(build(weights), { threads: 1 });
	return session.run({ picture: PICTURE, rows: ROWS });
}

const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value ** 2, 0);

test("a model that compares computes as its weights are stored, and tells how far each layer is from that", async () => {
	const told: (readonly LayerError[])[] = [];
	const options = { dtype: "int8", build, cacheFolder: folder } as const;
	const compared = await quantize(checkpoint, { ...options, onLayerErrors: (errors) => told.push(errors) });
	const [stored, rounded] = [await run(checkpoint), await run(await quantize(checkpoint, options))];
	expect(await run(compared)).toEqual(stored);
	const expected = (outputs: string[]) => {
		const sum = (values: (name: string) => Float32Array) =>
			outputs.reduce((total, name) => total + squares(values(name)), 0);
		const differences = sum((name) => stored[name]!.data.map((value, i) => value - rounded[name]!.data[i]!));
		return Math.sqrt(differences / sum((name) => stored[name]!.data));
	};
	expect(told).toHaveLength(1);
	const errors = new Map(told[0]!.map((each) => [each.layer, each]));
	expect([...errors.keys()].sort()).toEqual(["conv", "fc"]);
	for (const [layer, outputs] of [
		["conv", ["conv"]],
		["fc", ["first", "second"]],
	] as const) {
		const { weights, error } = errors.get(layer)!;
		expect(weights).toBe(sizeOf(SHAPES[`${layer}.weight`]));
		expect(error).toBeGreaterThan(1e-4);
		expect(error).toBeCloseTo(expected([...outputs]), 6);
	}
});
