import { type DenoiserFeeds, timestepEmbedding } from "@drum/diffusion";
import { Graph, Session, type WeightSource, Weights } from "@drum/graph";
import { float32, sizeOf } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { parseSD3Config } from "./config.ts";
import { patchify } from "./patches.ts";
import { croppedPositions } from "./positions.ts";
import { SD3Transformer2D } from "./sd3-transformer-2d.ts";
import { sd3Inputs, sd3Transformer2DModel } from "./sd3-transformer-2d-model.ts";
import { expectClose, filesOf, numbersOf } from "./testing/fixtures.ts";

// Oracle: diffusers' SD3Transformer2DModel on the same tiny checkpoints, whose files are float32, bfloat16 and float16
// (tooling/golden/sd3.py).

const KINDS = ["sd3", "sd35-medium", "sd35-large"];
const numbers = numbersOf("tiny.safetensors");
const feedsOf = (kind: string, size: string, timestep: number) => ({
	sample: numbers(`${kind}.${size}.sample`),
	timestep,
	encoderHiddenStates: numbers(`${kind}.${size}.encoder_hidden_states`),
	pooledProjections: numbers(`${kind}.${size}.pooled_projections`),
});
const zeros = (dims: number[]) => float32(new Float32Array(sizeOf(dims)), dims);

describe.each(KINDS)("the transformer of %s", (kind) => {
	test("predicts the same as diffusers, for two pictures with two conditions each and for odd sizes", async () => {
		await using denoiser = await SD3Transformer2D.load(await filesOf(kind));
		for (const size of ["pair", "odd", "pair"]) {
			for (const timestep of [1000, 437.25]) {
				const predicted = await denoiser.predict(feedsOf(kind, size, timestep));
				const name = `${kind}.${size}.${timestep}.output`;
				expectClose(predicted, numbers(name), name);
			}
		}
	});

	test("gives the same as diffusers after every part", async () => {
		const found = await partsOf(kind, "float32");
		expect(Object.keys(found)).toHaveLength(9);
		for (const [part, value] of Object.entries(found)) expectClose(value, numbers(`${kind}.parts.${part}`), part);
	});

	// float16 has 11 bits, and a part's output contains a few dozen roundings.
	test("is close in a float16 graph", async () => {
		const { norm_out: half } = await partsOf(kind, "float16");
		const { data } = numbers(`${kind}.parts.norm_out`);
		const errors = data.map((value, i) => Math.abs(half!.data[i]! - value) / Math.max(1, Math.abs(value)));
		expect(Math.max(...errors)).toBeLessThan(2 ** -8);
		expect(Math.max(...errors)).toBeGreaterThan(2 ** -14);
	});
});

/** The outputs of a network's parts for the picture of odd size. */
async function partsOf(kind: string, precision: "float32" | "float16") {
	const { config: json, checkpoint, name } = await filesOf(kind);
	const config = parseSD3Config(json, name);
	const weights = new Weights(new Graph({ name, precision }), checkpoint);
	const { parts } = sd3Transformer2DModel(weights, config, sd3Inputs(weights, config));
	await using session = await Session.create(weights.graph.build(parts));
	const { sample, encoderHiddenStates, pooledProjections, timestep } = feedsOf(kind, "odd", 437.25);
	const [, , height = 0, width = 0] = sample.dims;
	return session.run({
		timestep: float32(timestepEmbedding(timestep, 256), [1, 256]),
		positions: croppedPositions(config, height, width),
		hidden_states: patchify(sample, config.patch_size),
		encoder_hidden_states: encoderHiddenStates,
		pooled_projections: pooledProjections,
	});
}

test("makes diffusers' table of positions if the file has none", async () => {
	const files = await filesOf("sd3");
	await using denoiser = await SD3Transformer2D.load({
		...files,
		checkpoint: without(files.checkpoint, "pos_embed.pos_embed"),
	});
	for (const size of ["pair", "odd"]) {
		const predicted = await denoiser.predict(feedsOf("sd3", size, 1000));
		expectClose(predicted, numbers(`sd3.${size}.1000.output`), size);
	}
});

test("skips the blocks that a call names, and is otherwise the same network", async () => {
	await using denoiser = await SD3Transformer2D.load(await filesOf("sd35-medium"));
	const feeds = feedsOf("sd35-medium", "odd", 1000);
	const plain = await denoiser.predict(feeds);
	const call = (skip: boolean, ...layers: number[]) => denoiser.predict({ ...feeds, layerSkip: { layers, skip } });
	// At the same time: the first call rebuilds the network, and all of them wait for it.
	const [stays, first, last, both] = await Promise.all([
		call(false, 0, 1),
		call(true, 0),
		call(true, 1),
		call(true, 1, 0),
	]);
	expect(stays).toEqual(plain);
	expect(await denoiser.predict(feeds)).toEqual(plain);
	const others = [first, last, both].map(({ data }) => data.join());
	expect(new Set([plain.data.join(), ...others]).size).toBe(4);
	for (const wrong of [denoiser.layers, -1, 0.5])
		await expect(call(true, wrong)).rejects.toMatchObject({ code: "argument" });
});

test("has the sizes and widths that it takes", async () => {
	await using denoiser = await SD3Transformer2D.load(await filesOf("sd35-medium"));
	const { channels, sampleSize, multiple, width, pooledWidth } = denoiser;
	expect({ channels, sampleSize, multiple, width, pooledWidth }).toEqual({
		channels: 4,
		sampleSize: [12, 12],
		multiple: 2,
		width: 20,
		pooledWidth: 12,
	});
});

test("predicts again after a release", async () => {
	await using denoiser = await SD3Transformer2D.load(await filesOf("sd3"));
	const feeds = feedsOf("sd3", "odd", 1000);
	const first = await denoiser.predict(feeds);
	await denoiser.release();
	expect(await denoiser.predict(feeds)).toEqual(first);
});

test("a cancelled prediction throws the signal's reason", async () => {
	await using denoiser = await SD3Transformer2D.load(await filesOf("sd3"));
	const reason = new Error("enough");
	const signal = AbortSignal.abort(reason);
	await expect(denoiser.predict(feedsOf("sd3", "odd", 1000), { signal })).rejects.toBe(reason);
	await expect(SD3Transformer2D.load(await filesOf("sd3"), { signal })).rejects.toBe(reason);
});

describe("an input of the wrong shape is named", () => {
	test.each<[string, Partial<DenoiserFeeds>, RegExp]>([
		["other channels", { sample: zeros([1, 16, 6, 10]) }, /sample: expected \[any, 4, any, any\]/],
		["half a patch", { sample: zeros([1, 4, 7, 10]) }, /sample: .*multiples of 2, found 7 × 10/],
		[
			"a picture larger than the table of positions",
			{ sample: zeros([1, 4, 6, 26]) },
			/sample: .*at most 24, found 6 × 26/,
		],
		["a condition of another width", { encoderHiddenStates: zeros([1, 5, 24]) }, /encoderHiddenStates.*any, any, 20/],
		["no pooled condition", { pooledProjections: undefined }, /pooledProjections: expected \[1, 12\], found none/],
		[
			"a pooled condition of another width",
			{ pooledProjections: zeros([1, 20]) },
			/pooledProjections: expected \[1, 12/,
		],
		["a timestep that is not a number", { timestep: Number.NaN }, /timestep/],
	])("%s", async (_, wrong, message) => {
		await using denoiser = await SD3Transformer2D.load(await filesOf("sd3"));
		const predicting = denoiser.predict({ ...feedsOf("sd3", "odd", 1000), ...wrong });
		await expect(predicting).rejects.toThrow(message);
		await expect(predicting).rejects.toMatchObject({ code: "argument" });
	});
});

describe("weights that do not fit the configuration are named", () => {
	test("one of another shape", async () => {
		const { config } = await filesOf("sd3");
		const { checkpoint } = await filesOf("sd35-large");
		const loading = SD3Transformer2D.load({ name: "mixed", config, checkpoint });
		await expect(loading).rejects.toThrow(/weight .* of .*expected \[.*found \[/);
		await expect(loading).rejects.toMatchObject({ code: "checkpoint" });
	});

	test("one that is missing", async () => {
		const files = await filesOf("sd35-medium");
		const checkpoint = without(files.checkpoint, "transformer_blocks.1.attn2.norm_k.weight");
		const loading = SD3Transformer2D.load({ ...files, checkpoint });
		await expect(loading).rejects.toThrow(/transformer_blocks\.1\.attn2\.norm_k\.weight.*found none/);
	});

	test("those that it does not mention, in a warning", async () => {
		const files = await filesOf("sd35-medium");
		const { warnings } = await SD3Transformer2D.load({ ...files, config: { ...files.config, qk_norm: null } });
		const message = expect.stringMatching(/^16 tensors were not used.*: transformer_blocks.*norm.*, 13 more\. /);
		expect(warnings).toEqual([{ code: "weights-unused", what: "weights of sd35-medium", message }]);
		expect((await SD3Transformer2D.load(files)).warnings).toEqual([]);
	});
});

function without(checkpoint: WeightSource, weight: string): WeightSource {
	return {
		name: checkpoint.name,
		get: (tensor) => (tensor === weight ? undefined : checkpoint.get(tensor)),
		names: () => [...checkpoint.names()].filter((tensor) => tensor !== weight),
	};
}
