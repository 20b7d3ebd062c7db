import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AutoencoderKL, Posterior, parseVaeConfig, vaeEncoder } from "@drum/diffusion";
import { Graph, Session, type WeightSource, Weights } from "@drum/graph";
import { float32, sizeOf, type Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { expectClose, tableSource } from "@drum/test-weights";
import { afterAll, describe, expect, test } from "vitest";
import { vaeFilling } from "../testing/vae-filling.ts";

// Oracle: diffusers 0.42.1's AutoencoderKL over the same weights, by tooling/golden/vae_encoder.py.

const fixtures = fileURLToPath(new URL("../../../../test/golden/fixtures/", import.meta.url));
const numbers = await Checkpoint.open(`${fixtures}vae-encoder.safetensors`);
const models: Record<string, { config: Record<string, unknown>; shapes: Record<string, number[]> }> = JSON.parse(
	await readFile(`${fixtures}vae-encoder.json`, "utf8"),
);
const folder = await mkdtemp(join(tmpdir(), "vae-encoder-"));
afterAll(() => rm(folder, { recursive: true }));

const number = (name: string) => numbers.read(name) as Promise<Tensor<"float32">>;

const SD1 = "sd1/vae";
const sd1 = async () => ({
	name: SD1,
	config: JSON.parse(await readFile(`${fixtures}${SD1}/config.json`, "utf8")) as Record<string, unknown>,
	checkpoint: await Checkpoint.open(`${fixtures}${SD1}/diffusion_pytorch_model.safetensors`),
});

async function filesOf(kind: string): Promise<{ config: unknown; checkpoint: WeightSource }> {
	if (kind === "sd1") return sd1();
	const { config, shapes } = models[kind]!;
	const own = join(folder, kind);
	await mkdir(own, { recursive: true });
	return { config, checkpoint: await tableSource(own, shapes, "float32", vaeFilling) };
}

/** What each part of the encoder gives, and the encoder's weights that nothing asked for. */
async function partsOf(kind: string, picture: Tensor<"float32">) {
	const { config, checkpoint } = await filesOf(kind);
	const graph = new Graph({ name: kind });
	const weights = new Weights(graph, checkpoint);
	const pictures = graph.input("pictures", "float32", picture.dims);
	const { mean, parts } = vaeEncoder(weights, parseVaeConfig(config, kind), pictures);
	await using session = await Session.create(graph.build({ ...parts, mean }));
	return { found: await session.run({ pictures: picture }), unused: weights.at("encoder").unused() };
}

const KINDS = ["sd1", "sdxl", "sd3", "flux", "statistics", "attention", "no-attention"];

describe.each([...KINDS, "wide"])("an encoder as %s has it", (kind) => {
	test("gives what diffusers gives after every block", async () => {
		const { found, unused } = await partsOf(kind, await number(`${kind}.image`));
		expect(unused).toEqual([]);
		expect(Object.keys(found).length).toBeGreaterThanOrEqual(5);
		for (const [block, { data, dims }] of Object.entries(found)) {
			const some = data.filter((_, i) => i % 499 === 0);
			const thinned = kind === "wide" && block !== "mean";
			expectClose(thinned ? float32(some, [some.length]) : float32(data, dims), await number(`${kind}.${block}`));
		}
	});
});

test.each(KINDS)("the latents of %s are scaled, shifted and drawn as diffusers' pipelines have them", async (kind) => {
	const config = parseVaeConfig((await filesOf(kind)).config, kind);
	const posterior = new Posterior(config, await number(`${kind}.mean`), await number(`${kind}.logvar`));
	expectClose(posterior.mode(), await number(`${kind}.mode`), { absolute: 1e-6, relative: 1e-6 });
	const drawn = posterior.sample((await number(`${kind}.noise`)).data);
	expectClose(drawn, await number(`${kind}.sample`), { absolute: 1e-6, relative: 1e-6 });
	expect(() => posterior.sample(new Float32Array(3))).toThrow(expect.objectContaining({ code: "argument" }));
});

test("an autoencoder encodes what diffusers encodes, several pictures, before and after a release", async () => {
	await using vae = await AutoencoderKL.load(await sd1());
	for (let run = 0; run < 2; run++) {
		const { mean, logvar } = await vae.encode(await number("sd1.image"));
		expectClose(mean, await number("sd1.mean"));
		expectClose(logvar, await number("sd1.logvar"));
		await vae.release();
	}
});

test("tiles fade into each other as diffusers' do", async () => {
	await using vae = await AutoencoderKL.load({ name: "tiled", ...(await filesOf("tiled")) });
	const image = await number("tiled.image");
	const { mean, logvar } = await vae.encode(image, { tiling: true });
	expectClose(mean, await number("tiled.mean"));
	expectClose(logvar, await number("tiled.logvar"));
	const whole = await vae.encode(image);
	expect(whole.mean.dims).toEqual(mean.dims);
	expect(whole.mean.data).not.toEqual(mean.data);
	const small = await number("sdxl.image");
	expect((await vae.encode(small, { tiling: true })).mean).toEqual((await vae.encode(small)).mean);
});

test("what is encoded is decoded again from its scaled latents", async () => {
	await using vae = await AutoencoderKL.load(await sd1());
	const latents = (await vae.encode(await number("sd1.image"))).mode();
	expect((await vae.decode(latents)).dims).toEqual([2, 3, 24, 40]);
});

test("a variance beyond what exp can hold is bounded", () => {
	const config = parseVaeConfig(models.sdxl!.config, "sdxl");
	const shape = [1, 4, 1, 1];
	const posterior = new Posterior(
		config,
		float32(new Float32Array(4), shape),
		float32(new Float32Array(4).fill(1e3), shape),
	);
	expect(posterior.sample(new Float32Array(4).fill(1)).data.every(Number.isFinite)).toBe(true);
});

test.each([[[1, 4, 8, 8]], [[3, 8, 8]], [[0, 3, 8, 8]], [[1, 3, 12, 8]], [[1, 3, 8, 0]]])(
	"pictures of shape %j are refused",
	async (dims) => {
		await using vae = await AutoencoderKL.load(await sd1());
		const pictures = float32(new Float32Array(sizeOf(dims)), dims);
		await expect(vae.encode(pictures)).rejects.toMatchObject({ code: "argument", what: "pictures" });
	},
);

test("a checkpoint without an encoder decodes, and says what is missing when it is to encode", async () => {
	const { checkpoint, ...rest } = await sd1();
	const decoder = {
		name: SD1,
		get: (name: string) => (/^(encoder|quant_conv)\./.test(name) ? undefined : checkpoint.get(name)),
		names: () => checkpoint.names(),
	};
	await using vae = await AutoencoderKL.load({ ...rest, checkpoint: decoder });
	await expect(vae.encode(await number("sd1.image"))).rejects.toMatchObject({ code: "checkpoint" });
	expect((await vae.decode(float32(new Float32Array(16), [1, 4, 2, 2]))).dims).toEqual([1, 3, 16, 16]);
});

test("a cancelled encode throws the signal's reason", async () => {
	await using vae = await AutoencoderKL.load(await sd1());
	const reason = new Error("enough");
	await expect(vae.encode(await number("sd1.image"), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("down_block_types of another kind are refused", async () => {
	const { config, ...rest } = await sd1();
	const loading = AutoencoderKL.load({ ...rest, config: { ...config, down_block_types: ["SkipDownBlock2D"] } });
	await expect(loading).rejects.toThrow(/down_block_types/);
});
