import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TIME_CHANNELS, timestepEmbedding } from "@drum/diffusion";
import { Graph, Session, Weights } from "@drum/graph";
import { float32, type Tensor } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { type Stored, tableWeights } from "@drum/test-weights";
import { describe, expect, test } from "vitest";
import { FluxTransformer2D, parseFluxConfig } from "../index.ts";
import { expectClose, filling, golden, namesOf, number, temporaryFolder } from "../testing/fixtures.ts";
import { fluxTransformer2DModel } from "./flux-transformer-2d-model.ts";
import { packLatents } from "./packing.ts";
import { fluxPositions } from "./rotary.ts";

// Oracle: diffusers' FluxTransformer2DModel, called as FluxPipeline calls it (tooling/golden/flux.py).

type Kind = keyof typeof golden.models;

const folder = await temporaryFolder();
const KINDS = ["dev", "schnell"] as const;
const TIMESTEPS: Record<string, number> = { wide: 1000, tall: 987.6543, square: 1.7 };

async function files(kind: Kind, type: Stored = "float32") {
	const { config, shapes } = golden.models[kind];
	const path = join(folder, `${kind}-${type}.safetensors`);
	await writeSafetensors(path, tableWeights(shapes, type, filling));
	return { name: kind, config, checkpoint: await Checkpoint.open(path) };
}

function feedsOf(kind: Kind, size: string) {
	return {
		sample: number(`${kind}.${size}.sample`),
		timestep: TIMESTEPS[size]!,
		encoderHiddenStates: number(`${kind}.${size}.condition`),
		pooledProjections: number(`${kind}.${size}.pooled`),
		guidance: kind === "dev" ? golden.guidance : undefined,
	};
}

async function expectAllSizes(flux: FluxTransformer2D, kind: Kind) {
	for (const size of Object.keys(TIMESTEPS)) {
		expectClose(await flux.predict(feedsOf(kind, size)), number(`${kind}.${size}.output`), `${kind} ${size}`);
	}
}

/** The outputs of all parts for the tall picture, by their names in the checkpoint. */
async function afterEveryBlock(kind: Kind, precision: "float32" | "float16") {
	const { config: json, checkpoint, name } = await files(kind);
	const config = parseFluxConfig(json, name);
	const { sample, encoderHiddenStates, pooledProjections, timestep, guidance } = feedsOf(kind, "tall");
	const time = (value: number) => float32(timestepEmbedding(value, TIME_CHANNELS), [1, TIME_CHANNELS]);
	const feeds: Record<string, Tensor> = {
		hiddenStates: packLatents(sample),
		encoderHiddenStates,
		pooledProjections,
		timestep: time(timestep),
		...(guidance === undefined ? {} : { guidance: time(guidance * 1000) }),
		...fluxPositions(9, 7, 1, config.axes_dims_rope),
	};
	const graph = new Graph({ name, precision });
	const input = (key: string) => graph.input(key, "float32", feeds[key]!.dims);
	const { parts } = fluxTransformer2DModel(new Weights(graph, checkpoint), config, {
		hiddenStates: input("hiddenStates"),
		encoderHiddenStates: input("encoderHiddenStates"),
		pooledProjections: input("pooledProjections"),
		timestep: input("timestep"),
		guidance: guidance === undefined ? undefined : input("guidance"),
		rotary: { cos: input("cos"), sin: input("sin") },
	});
	await using session = await Session.create(graph.build(parts));
	return session.run(feeds);
}

describe.each(KINDS)("the transformer of %s", (kind) => {
	test.each(["float32", "float16", "bfloat16"] as const)(
		"predicts the same as diffusers from a file of %s, for all sizes, numbers of tokens and pictures, with one session",
		async (type) => {
			await using flux = await FluxTransformer2D.load(await files(kind, type));
			await expectAllSizes(flux, kind);
			await flux.release();
			expectClose(await flux.predict(feedsOf(kind, "tall")), number(`${kind}.tall.output`), "after a release");
		},
	);

	test("gives the same as diffusers after every block", async () => {
		const found = await afterEveryBlock(kind, "float32");
		const own = new Set(["sample", "condition", "pooled", "output"].map((each) => `${kind}.tall.${each}`));
		const blocks = namesOf(`${kind}.tall.`).filter((each) => !own.has(each));
		expect(
			Object.keys(found)
				.map((part) => `${kind}.tall.${part}`)
				.sort(),
		).toEqual(blocks.sort());
		for (const [part, value] of Object.entries(found)) expectClose(value, number(`${kind}.tall.${part}`), part);
	});

	test("is close in a float16 graph: 2e-3 of the largest number is four units in the last place", async () => {
		const found = await afterEveryBlock(kind, "float16");
		for (const [part, value] of Object.entries(found)) expectClose(value, number(`${kind}.tall.${part}`), part, 2e-3);
	});

	test("has the shapes that a pipeline must give it", async () => {
		await using flux = await FluxTransformer2D.load(await files(kind));
		const { in_channels, joint_attention_dim, pooled_projection_dim } = golden.models[kind].config;
		expect(flux).toMatchObject({ sampleSize: [128, 128], multiple: 2, width: joint_attention_dim });
		expect([4 * flux.channels, flux.pooledWidth]).toEqual([in_channels, pooled_projection_dim]);
	});
});

test("two conditions of one picture are predicted like two pictures", async () => {
	await using flux = await FluxTransformer2D.load(await files("dev"));
	const feeds = feedsOf("dev", "wide");
	const { data, dims } = feeds.sample;
	const one = data.subarray(0, data.length / 2);
	const once = await flux.predict({ ...feeds, sample: float32(one, [1, ...dims.slice(1)]) });
	const twice = await flux.predict({ ...feeds, sample: float32(Float32Array.of(...one, ...one), dims) });
	expect(once).toEqual(twice);
});

test("reads a transformer in shards, as it is published", async () => {
	const weights = Object.entries(tableWeights(golden.models.schnell.shapes, "float32", filling));
	const weight_map: Record<string, string> = {};
	for (const [i, shard] of [
		weights.filter((_, at) => at % 3 === 0),
		weights.filter((_, at) => at % 3 !== 0),
	].entries()) {
		const file = `diffusion_pytorch_model-0000${i + 1}-of-00002.safetensors`;
		await writeSafetensors(join(folder, file), Object.fromEntries(shard));
		for (const [name] of shard) weight_map[name] = file;
	}
	const index = join(folder, "diffusion_pytorch_model.safetensors.index.json");
	await writeFile(index, JSON.stringify({ metadata: { total_size: 1 }, weight_map }));
	const checkpoint = await Checkpoint.open(index);
	await using flux = await FluxTransformer2D.load({ ...(await files("schnell")), checkpoint });
	await expectAllSizes(flux, "schnell");
});

describe("inputs that the network does not take are refused", () => {
	test.each([
		["no guidance", { guidance: undefined }, /guidance: expected a finite number, .* found none/],
		["guidance that is not a number", { guidance: Number.NaN }, /guidance: expected a finite number, .* found NaN/],
		["an odd extent", { sample: float32(new Float32Array(2 * 4 * 6 * 5), [2, 4, 6, 5]) }, /multiples of 2/],
		["a condition of another width", { encoderHiddenStates: float32(new Float32Array(46), [2, 1, 23]) }, /24/],
		["no pooled condition", { pooledProjections: undefined }, /pooledProjections: expected \[2, 20\]/],
	] as const)("%s", async (_, wrong, message) => {
		await using flux = await FluxTransformer2D.load(await files("dev"));
		const predicting = flux.predict({ ...feedsOf("dev", "wide"), ...wrong });
		await expect(predicting).rejects.toThrow(message);
		await expect(predicting).rejects.toMatchObject({ code: "argument" });
	});
});

test("guidance has no effect in a model that was not distilled with it", async () => {
	await using flux = await FluxTransformer2D.load(await files("schnell"));
	const feeds = feedsOf("schnell", "tall");
	expect(await flux.predict({ ...feeds, guidance: 9 })).toEqual(await flux.predict(feeds));
});

describe("weights of another network", () => {
	test("are refused, and the error names a missing one", async () => {
		const loading = files("dev").then(async ({ checkpoint }) =>
			FluxTransformer2D.load({ ...(await files("schnell")), checkpoint }),
		);
		await expect(loading).rejects.toThrow(/weight .* of .*expected \[.*found \[/);
		await expect(loading).rejects.toMatchObject({ code: "checkpoint" });
	});

	test("give a warning for those that config.json does not mention", async () => {
		const { config, ...rest } = await files("dev");
		const { warnings, ...flux } = await FluxTransformer2D.load({
			...rest,
			config: { ...config, guidance_embeds: false },
		});
		const message = expect.stringMatching(/^4 tensors were not used.*: time_text_embed\.guidance_embedder/);
		expect(warnings).toEqual([{ code: "weights-unused", what: `weights of ${rest.name}`, message }]);
		expect(flux.config.guidance_embeds).toBe(false);
		expect((await FluxTransformer2D.load(await files("dev"))).warnings).toEqual([]);
	});
});

test("a cancelled load or prediction throws the signal's reason", async () => {
	const reason = new Error("enough");
	const signal = AbortSignal.abort(reason);
	await expect(FluxTransformer2D.load(await files("dev"), { signal })).rejects.toBe(reason);
	await using flux = await FluxTransformer2D.load(await files("dev"));
	await expect(flux.predict(feedsOf("dev", "wide"), { signal })).rejects.toBe(reason);
});
