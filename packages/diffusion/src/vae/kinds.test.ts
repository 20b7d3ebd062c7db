import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AutoencoderKL, parseVaeConfig, vaeDecoder } from "@drum/diffusion";
import { Graph, Session, type WeightSource, Weights } from "@drum/graph";
import { float32, type Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { tableSource } from "@drum/test-weights";
import { afterAll, describe, expect, test, vi } from "vitest";
import { vaeFilling } from "../testing/vae-filling.ts";

// Oracle: diffusers 0.42.1's AutoencoderKL over the same made-up weights, by tooling/golden/vae.py. Each kind's configuration
// is the published one of its model but for the sizes.

const fixtures = fileURLToPath(new URL("../../../../test/golden/fixtures/", import.meta.url));
const numbers = await Checkpoint.open(`${fixtures}vae-kinds.safetensors`);
const models: Record<string, { config: Record<string, unknown>; shapes: Record<string, number[]> }> = JSON.parse(
	await readFile(`${fixtures}vae-kinds.json`, "utf8"),
);
const folder = await mkdtemp(join(tmpdir(), "vae-"));
afterAll(() => rm(folder, { recursive: true }));

const number = (name: string) => numbers.read(name) as Promise<Tensor<"float32">>;

const sources = new Map<string, Promise<WeightSource>>();

async function filesOf(kind: string, type: "float32" | "float16" = "float32") {
	const { config, shapes } = models[kind]!;
	const own = join(folder, `${kind}-${type}`);
	if (!sources.has(own))
		sources.set(
			own,
			mkdir(own).then(() => tableSource(own, shapes, type, vaeFilling)),
		);
	return { name: `${kind}/vae`, config, checkpoint: await sources.get(own)! };
}

function expectClose(found: Tensor<"float32">, expected: Tensor<"float32">, what: string) {
	expect(found.dims, what).toEqual(expected.dims);
	const far = expected.data.findIndex(
		(value, i) => !(Math.abs(found.data[i]! - value) <= 2e-5 + 1e-4 * Math.abs(value)),
	);
	expect(far, `${what}: element ${far} is ${found.data[far]}, expected ${expected.data[far]}`).toBe(-1);
}

/** What each part of the decoder gives for unscaled latents. */
async function partsOf(json: unknown, checkpoint: WeightSource, latents: Tensor<"float32">) {
	const graph = new Graph({ name: "parts" });
	const z = graph.input("latents", "float32", latents.dims);
	const { parts } = vaeDecoder(new Weights(graph, checkpoint), parseVaeConfig(json, "parts"), z);
	await using session = await Session.create(graph.build(parts));
	return session.run({ latents });
}

/** As the models' pipelines do it before they decode. */
function unscaled({ data, dims }: Tensor<"float32">, json: unknown): Tensor<"float32"> {
	const { scaling_factor, shift_factor, latents_mean, latents_std } = parseVaeConfig(json, "unscaled");
	const pixels = dims[2]! * dims[3]!;
	const ofChannel = (values: readonly number[] | null | undefined, i: number) => values?.[Math.floor(i / pixels)];
	const values = data.map((value, i) => {
		const deviation = ofChannel(latents_std, i) ?? 1;
		return (value * deviation) / scaling_factor + (ofChannel(latents_mean, i) ?? shift_factor);
	});
	return float32(values, dims);
}

describe.each(["sdxl", "sd3", "flux", "statistics", "attention", "no-attention"])(
	"an autoencoder as %s has it",
	(kind) => {
		test("decodes what diffusers decodes", async () => {
			await using vae = await AutoencoderKL.load(await filesOf(kind));
			expectClose(await vae.decode(await number(`${kind}.latents`)), await number(`${kind}.image`), "image");
		});

		test("gives what diffusers gives after every block", async () => {
			const { config, checkpoint } = await filesOf(kind);
			const found = await partsOf(config, checkpoint, unscaled(await number(`${kind}.latents`), config));
			const golden = [...numbers.names()].filter((name) => name.startsWith(`${kind}.`)).map((name) => name.split("."));
			const blocks = golden.map(([, ...part]) => part.join(".")).filter((part) => !/latents|image/.test(part));
			expect(Object.keys(found).sort()).toEqual(blocks.sort());
			for (const part of blocks) expectClose(found[part]!, await number(`${kind}.${part}`), part);
		});
	},
);

test.each(["float32", "float16"] as const)(
	"a decoder of the published width: the middle, 512 to 512 and 512 to 256 channels, %s file",
	async (type) => {
		const { config, checkpoint } = await filesOf("wide", type);
		const found = await partsOf(config, checkpoint, await number("wide.latents"));
		for (const part of ["conv_in", "mid_block", "up_blocks.0", "up_blocks.1", "up_blocks.2"]) {
			const every = found[part]!.data.filter((_, i) => i % 499 === 0);
			expectClose(float32(every, [every.length]), await number(`wide.${part}`), part);
		}
	},
);

describe.each(["sdxl", "flux"])("decoded in tiles, an autoencoder as %s has it", (kind) => {
	test.each(["tiled", "column"])("gives diffusers' pictures: %s", async (size) => {
		const [latents, expected] = [await number(`${kind}.${size}.latents`), await number(`${kind}.${size}.image`)];
		await using vae = await AutoencoderKL.load(await filesOf(kind));
		const tiled = await vae.decode(latents, { tiling: true });
		expectClose(tiled, expected, size);
		const whole = await vae.decode(latents);
		expect(whole.dims).toEqual(tiled.dims);
		expect(whole.data.some((value, i) => Math.abs(value - tiled.data[i]!) > 1 / 255)).toBe(true);
	});
});

test("tiles of one size are decoded one after another, over all pictures", async () => {
	await using vae = await AutoencoderKL.load(await filesOf("sdxl"));
	const create = vi.spyOn(Session, "create");
	// 13 latents are tiles of 8, 7 and 1; 21 are three of 8 and one of 3.
	await vae.decode(await number("sdxl.tiled.latents"), { tiling: true });
	expect(create).toHaveBeenCalledTimes(6);
	create.mockRestore();
});

test("a picture of one tile is decoded whole", async () => {
	await using vae = await AutoencoderKL.load(await filesOf("sdxl"));
	const latents = await number("sdxl.latents");
	expect(await vae.decode(latents, { tiling: true })).toEqual(await vae.decode(latents));
});

test("tiles are as large as the first of two sample sizes", async () => {
	const { config, ...rest } = await filesOf("sdxl");
	await using vae = await AutoencoderKL.load({ ...rest, config: { ...config, sample_size: [16, 32] } });
	const tiled = await vae.decode(await number("sdxl.tiled.latents"), { tiling: true });
	expectClose(tiled, await number("sdxl.tiled.image"), "tiled");
});

test.each([
	[20, 16],
	[23, 16],
	[5, 8],
])("a sample size of %i pixels, whose quarter is no whole latents, has tiles of %i", async (sample_size, whole) => {
	const { config, ...rest } = await filesOf("sdxl");
	const latents = await number("sdxl.column.latents");
	const decode = async (size: number) => {
		await using vae = await AutoencoderKL.load({ ...rest, config: { ...config, sample_size: size } });
		return vae.decode(latents, { tiling: true });
	};
	expect(await decode(sample_size)).toEqual(await decode(whole));
});

test("a cancelled tiled decode ends between two tiles with the signal's reason", async () => {
	await using vae = await AutoencoderKL.load(await filesOf("sdxl"));
	const [aborter, reason] = [new AbortController(), new Error("enough")];
	const decoding = vae.decode(await number("sdxl.tiled.latents"), { tiling: true, signal: aborter.signal });
	setTimeout(() => aborter.abort(reason));
	await expect(decoding).rejects.toBe(reason);
});
