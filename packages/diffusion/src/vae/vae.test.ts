import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { AutoencoderKL, parseVaeConfig, vaeDecoder } from "@drum/diffusion";
import { Graph, Session } from "@drum/graph";
import { float32, type Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { beforeAll, describe, expect, test } from "vitest";

// Oracle: diffusers' AutoencoderKL on the same tiny checkpoints (tooling/golden/vae.py). sd1 has the attention's published
// names, sd2 the current ones; the weights are the same.

const fixtures = fileURLToPath(new URL("../../../../test/golden/fixtures/", import.meta.url));
let numbers: Checkpoint;
beforeAll(async () => {
	numbers = await Checkpoint.open(`${fixtures}vae.safetensors`);
});

const number = (name: string) => numbers.read(name) as Promise<Tensor<"float32">>;
const files = async (kind: string) => ({
	name: `${kind}/vae`,
	config: JSON.parse(await readFile(`${fixtures}${kind}/vae/config.json`, "utf8")),
	checkpoint: await Checkpoint.open(`${fixtures}${kind}/vae/diffusion_pytorch_model.safetensors`),
});

function expectClose(found: Tensor<"float32">, expected: Tensor<"float32">, what: string) {
	expect(found.dims, what).toEqual(expected.dims);
	const far = expected.data.findIndex(
		(value, i) => !(Math.abs(found.data[i]! - value) <= 2e-5 + 1e-4 * Math.abs(value)),
	);
	expect(far, `${what}: element ${far} is ${found.data[far]}, expected ${expected.data[far]}`).toBe(-1);
}

/** Latents as a denoiser leaves them: `decode` divides by the scaling factor. */
const scaled = ({ data, dims }: Tensor<"float32">, factor: number) =>
	float32(
		data.map((value) => value * factor),
		dims,
	);

describe.each(["sd1", "sd2"])("the autoencoder of %s", (kind) => {
	test("decodes what diffusers decodes, several pictures and other sizes", async () => {
		await using vae = await AutoencoderKL.load(await files(kind));
		expect(vae.scale).toBe(8);
		for (const size of ["square", "wide", "square"]) {
			const latents = scaled(await number(`${size}.latents`), vae.config.scaling_factor);
			expectClose(await vae.decode(latents), await number(`${size}.image`), size);
		}
	});

	test("gives what diffusers gives after every block", async () => {
		const { config, checkpoint, name } = await files(kind);
		const latents = await number("wide.latents");
		const graph = new Graph({ name });
		const z = graph.input("latents", "float32", latents.dims);
		const { parts } = vaeDecoder(graph.weights(checkpoint), parseVaeConfig(config, name), z);
		await using session = await Session.create(graph.build(parts));
		const found = await session.run({ latents });
		for (const part of Object.keys(parts)) expectClose(found[part]!, await number(`wide.${part}`), part);
	});
});

test("latents are shifted after they are scaled, where the configuration says so", async () => {
	const { config, ...rest } = await files("sd1");
	await using vae = await AutoencoderKL.load({
		...rest,
		config: { ...config, scaling_factor: 0.5, shift_factor: 0.25 },
	});
	const { data, dims } = await number("wide.latents");
	const latents = float32(
		data.map((value) => (value - 0.25) * 0.5),
		dims,
	);
	expectClose(await vae.decode(latents), await number("wide.image"), "wide");
});

test.each([[[1, 3, 8, 8]], [[4, 8, 8]], [[0, 4, 8, 8]], [[1, 4, 8, 0]]])(
	"latents of shape %j are refused",
	async (dims) => {
		await using vae = await AutoencoderKL.load(await files("sd1"));
		const latents = float32(new Float32Array(dims.reduce((a, b) => a * b, 1)), dims);
		await expect(vae.decode(latents)).rejects.toMatchObject({ code: "argument", what: "latents" });
	},
);

test.each([
	["latent_channels", undefined],
	["latent_channels", 16],
	["block_out_channels", []],
	["block_out_channels", [8, 8, 8, 18]],
	["layers_per_block", 2.5],
	["norm_num_groups", 0],
	["act_fn", "relu"],
	["up_block_types", ["UpDecoderBlock2D"]],
	["up_block_types", ["AttnUpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"]],
	["scaling_factor", 0],
	["latents_mean", [0, 0, 0, 0]],
	["latents_std", [1, 1, 1, 1]],
	["latents_std", [1, 1, 0, 1]],
	["sample_size", []],
	["sample_size", "large"],
])("a configuration with %s: %j is refused before any weight is read", async (field, value) => {
	const { config, ...rest } = await files("sd1");
	const loading = AutoencoderKL.load({ ...rest, config: { ...config, [field]: value } });
	await expect(loading).rejects.toMatchObject({ code: "checkpoint" });
	await expect(loading).rejects.toThrow(field === "latent_channels" && value === 16 ? /post_quant_conv/ : field);
});

test("a cancelled decode throws the signal's reason", async () => {
	await using vae = await AutoencoderKL.load(await files("sd1"));
	const reason = new Error("enough");
	const latents = await number("wide.latents");
	await expect(vae.decode(latents, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
