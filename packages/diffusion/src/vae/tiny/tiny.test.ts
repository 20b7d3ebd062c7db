import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AutoencoderTiny, autoencoderShape, loadAutoencoder } from "@drum/diffusion";
import { float32, type Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { tableSource } from "@drum/test-weights";
import { afterAll, describe, expect, test } from "vitest";
import { vaeFilling } from "../../testing/vae-filling.ts";

// Oracle: diffusers 0.42.1's AutoencoderTiny over the same made-up weights, by tooling/golden/vae_tiny.py.

const fixtures = fileURLToPath(new URL("../../../../../test/golden/fixtures/", import.meta.url));
const numbers = await Checkpoint.open(`${fixtures}vae-tiny.safetensors`);
const models: Record<string, { config: Record<string, unknown>; shapes: Record<string, number[]> }> = JSON.parse(
	await readFile(`${fixtures}vae-tiny.json`, "utf8"),
);
const folder = await mkdtemp(join(tmpdir(), "vae-tiny-"));
afterAll(() => rm(folder, { recursive: true }));

const number = (name: string) => numbers.read(name) as Promise<Tensor<"float32">>;

async function filesOf(kind: string, without = /^$/) {
	const { config, shapes } = models[kind]!;
	const own = await mkdtemp(join(folder, `${kind}-`));
	await mkdir(own, { recursive: true });
	const kept = Object.fromEntries(Object.entries(shapes).filter(([name]) => !without.test(name)));
	return { name: `${kind}/vae`, config, checkpoint: await tableSource(own, kept, "float32", vaeFilling) };
}

function expectClose(found: Tensor<"float32">, expected: Tensor<"float32">): void {
	expect(found.dims).toEqual(expected.dims);
	const far = expected.data.findIndex(
		(value, i) => !(Math.abs(found.data[i]! - value) <= 2e-5 + 1e-4 * Math.abs(value)),
	);
	expect(far, `element ${far} is ${found.data[far]}, expected ${expected.data[far]}`).toBe(-1);
}

describe.each(["taesd", "taesd3", "scaled"])("a tiny autoencoder as %s has it", (kind) => {
	test("decodes and encodes what diffusers does", async () => {
		await using vae = await loadAutoencoder(await filesOf(kind));
		expect(vae.warnings).toEqual([]);
		expectClose(await vae.decode(await number(`${kind}.latents`)), await number(`${kind}.image`));
		const encoded = await vae.encode(await number(`${kind}.picture`));
		expectClose(encoded.mode(), await number(`${kind}.encoded`));
		expect(encoded.sample(new Float32Array(encoded.mode().data.length))).toEqual(encoded.mode());
		expect(() => encoded.sample(new Float32Array(1))).toThrow("noise: expected");
	});
});

test("one of the published widths has all that it needs, and nothing else", async () => {
	await using vae = await loadAutoencoder(await filesOf("published"));
	expect([vae.warnings, vae.scale]).toEqual([[], 8]);
});

test("tiles fade into each other as diffusers' do", async () => {
	await using vae = await AutoencoderTiny.load(await filesOf("taesd"));
	const latents = await number("taesd.tiled.latents");
	const { data } = await vae.decode(latents, { tiling: true });
	const kept = data.filter((_, i) => i % 499 === 0);
	const expected = await number("taesd.tiled.image");
	expectClose(float32(kept, [kept.length]), expected);
	const whole = await vae.decode(latents);
	expect(whole.data.filter((_, i) => i % 499 === 0)).not.toEqual(kept);
	const waves = Float32Array.from({ length: 3 * 520 * 648 }, (_, i) => Math.fround(((i * 7919) % 2003) / 1001.5 - 1));
	const encoded = await vae.encode(float32(waves, [1, 3, 520, 648]), { tiling: true });
	expectClose(encoded.mode(), await number("taesd.tiled.encoded"));
});

test("one without its encoder decodes, and says so when it is to encode", async () => {
	await using vae = await loadAutoencoder(await filesOf("taesd3", /^encoder/));
	expectClose(await vae.decode(await number("taesd3.latents")), await number("taesd3.image"));
	await expect(vae.encode(await number("taesd3.picture"))).rejects.toThrow("weight encoder.layers.0.");
});

test.each([
	["upsample_fn", "bilinear", "nearest"],
	["act_fn", "tanh", "relu"],
	["num_decoder_blocks", [3, 3], "2 equal numbers"],
	["decoder_block_out_channels", [8, 8, 8, 16], "4 equal numbers"],
])("%s of %j is refused by name", async (field, value, expected) => {
	const { config } = models.taesd!;
	const read = () => autoencoderShape({ ...config, [field]: value }, "mine/vae");
	expect(read).toThrow("of mine/vae");
	expect(read).toThrow(expected);
});
