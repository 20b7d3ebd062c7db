import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AutoencoderKL, parseVaeConfig, vaeDecoder } from "@drum/diffusion";
import { Graph, Session, Weights } from "@drum/graph";
import { float32, type Tensor } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// Oracle: diffusers' AutoencoderKL on the same tiny checkpoints (tooling/golden/vae.py). sd1 has the attention's published
// names, sd2 the current ones; the weights are the same.

const fixtures = fileURLToPath(new URL("../../../../test/golden/fixtures/", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "vae-"));
afterAll(() => rm(folder, { recursive: true }));
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
		const { parts } = vaeDecoder(new Weights(graph, checkpoint), parseVaeConfig(config, name), z);
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
	["act_fn", "relu6"],
	["up_block_types", ["UpDecoderBlock2D"]],
	["up_block_types", ["SkipUpBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"]],
	["scaling_factor", 0],
	["latents_std", [1, 1, 0, 1]],
	["sample_size", []],
	["sample_size", "large"],
])("a configuration with %s: %j is refused before any weight is read", async (field, value) => {
	const { config, ...rest } = await files("sd1");
	const loading = AutoencoderKL.load({ ...rest, config: { ...config, [field]: value } });
	await expect(loading).rejects.toMatchObject({ code: "checkpoint" });
	await expect(loading).rejects.toThrow(field === "latent_channels" && value === 16 ? /post_quant_conv/ : field);
});

test("means and deviations of another count of channels are refused, and either alone is not used", async () => {
	const { config, ...rest } = await files("sd1");
	const short = { ...config, latents_mean: [0, 0, 0], latents_std: [1, 1, 1, 1] };
	await expect(AutoencoderKL.load({ ...rest, config: short })).rejects.toThrow("latents_mean");
	const latents = await number("wide.latents");
	await using plain = await AutoencoderKL.load({ ...rest, config });
	await using alone = await AutoencoderKL.load({ ...rest, config: { ...config, latents_mean: [1, 2, 3, 4] } });
	expect(await alone.decode(latents)).toEqual(await plain.decode(latents));
});

describe("tensors that config.json does not speak of", () => {
	const withMore = async (more: readonly string[], without = "none") => {
		const { checkpoint, ...rest } = await files("sd1");
		const names = [...checkpoint.names(), ...more].filter((name) => !name.startsWith(without));
		const get = (name: string) =>
			name.startsWith(without) ? undefined : checkpoint.get(more.includes(name) ? "decoder.conv_in.bias" : name);
		const source = { name: "sd1", get, names: () => names };
		return (await AutoencoderKL.load({ ...rest, checkpoint: source })).warnings;
	};

	test("are told of either half, and elsewhere", async () => {
		expect(await withMore([])).toEqual([]);
		for (const tensor of ["decoder.foo", "encoder.foo.weight", "foo"]) {
			expect(await withMore([tensor])).toMatchObject([
				{ code: "weights-unused", what: "weights of sd1/vae", message: expect.stringContaining(`: ${tensor}.`) },
			]);
		}
	});

	test("are not an encoder that is not whole, nor buffers", async () => {
		expect(await withMore([], "encoder.conv_out")).toEqual([]);
		expect(await withMore([], "encoder.")).toEqual([]);
		expect(await withMore(["decoder.norm.num_batches_tracked"])).toEqual([]);
	});
});

describe("a picture of what is no number", () => {
	const decode = async (value: number, weight?: string) => {
		const { checkpoint, ...rest } = await files("sd1");
		const tensors = new Map<string, Tensor>();
		for (const name of checkpoint.names()) tensors.set(name, await checkpoint.read(name));
		if (weight) (tensors.get(weight)!.data as Float32Array)[5] = Number.NaN;
		const path = join(folder, "vae.safetensors");
		await writeSafetensors(path, tensors);
		await using vae = await AutoencoderKL.load({ ...rest, checkpoint: await Checkpoint.open(path) });
		return await vae.decode(float32(new Float32Array(4 * 4 * 4).fill(value), [1, 4, 4, 4]));
	};

	test("is a damaged weight's, which is named with its place", async () => {
		await expect(decode(0.5, "decoder.conv_in.weight")).rejects.toMatchObject({
			code: "checkpoint",
			what: expect.stringMatching(/^weight decoder\.conv_in\.weight of .*vae\.safetensors$/),
			found: expect.stringContaining("at [0, 0, 1, 2] in "),
		});
	});

	test("is not an unused weight's", async () => {
		expect((await decode(0.5, "encoder.conv_in.weight")).data.every(Number.isFinite)).toBe(true);
	});

	test("is the latents'", async () => {
		await expect(decode(Number.NaN)).rejects.toMatchObject({
			code: "device",
			next: "The latents are no finite numbers already",
		});
	});
});

test("a cancelled decode throws the signal's reason", async () => {
	await using vae = await AutoencoderKL.load(await files("sd1"));
	const reason = new Error("enough");
	const latents = await number("wide.latents");
	await expect(vae.decode(latents, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
