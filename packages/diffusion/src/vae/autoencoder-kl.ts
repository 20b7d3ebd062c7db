import {
	add,
	type BuiltGraph,
	type Device,
	div,
	Graph,
	mul,
	precisionOn,
	type SessionOptions,
	SizedSession,
	type Value,
	type WeightSource,
} from "@drum/graph";
import { ArgumentError, float32, sizeOf, type Tensor } from "@drum/tensor";
import type { ModelFiles } from "../model-files.ts";
import { parseVaeConfig, type VaeConfig } from "./config.ts";
import { vaeDecoder } from "./decoder.ts";
import { decodeTiled, layOutTiles } from "./tiles.ts";

interface DecodeOptions {
	/**
	 * Decodes in tiles of `sample_size` pixels that fade into each other, where the picture is larger: memory stays that of one
	 * tile. Colours can drift from tile to tile, because each has norms of its own. Default false.
	 */
	tiling?: boolean | undefined;
	signal?: AbortSignal | undefined;
}

/** The decoding half of a variational autoencoder: latents → pictures. */
export class AutoencoderKL implements AsyncDisposable {
	readonly config: VaeConfig;
	/** Pixels per latent along each side. */
	readonly scale: number;
	readonly #session: SizedSession;

	private constructor(config: VaeConfig, session: SizedSession) {
		this.config = config;
		this.scale = 2 ** (config.block_out_channels.length - 1);
		this.#session = session;
	}

	/**
	 * Checks the configuration and the weights' names and shapes; the weights are read at the first `decode` of a size.
	 * @throws CheckpointError when they do not belong together, or ask for something that is not supported.
	 */
	static async load(
		{ config: json, checkpoint, name }: ModelFiles,
		options: SessionOptions = {},
	): Promise<AutoencoderKL> {
		options.signal?.throwIfAborted();
		const config = parseVaeConfig(json, name);
		const { device = "cpu", threads } = options;
		const build = (height: number, width: number) => buildDecoder(config, checkpoint, name, device, height, width);
		build(1, 1);
		return new AutoencoderKL(config, new SizedSession(build, { device, threads }));
	}

	/**
	 * Latents `[n, latent_channels, h, w]` as the denoiser leaves them, scaled by `scaling_factor`, → pictures
	 * `[n, out_channels, scale·h, scale·w]` in about −1 … 1. One picture is decoded at a time, so that memory stays flat.
	 * @throws ArgumentError when the latents have another shape; the signal's reason, between two pictures or tiles.
	 */
	async decode(latents: Tensor<"float32">, { tiling = false, signal }: DecodeOptions = {}): Promise<Tensor<"float32">> {
		const [n = 0, channels, height = 0, width = 0] = latents.dims;
		const { latent_channels } = this.config;
		if (latents.dims.length !== 4 || channels !== latent_channels || sizeOf(latents.dims) === 0) {
			throw new ArgumentError({
				what: "latents",
				expected: `[n, ${latent_channels}, height, width]`,
				found: `[${latents.dims.join(", ")}]`,
			});
		}
		const size = sizeOf(latents.dims) / n;
		const each = Array.from({ length: n }, (_, i) =>
			float32(latents.data.subarray(i * size, (i + 1) * size), [latent_channels, height, width]),
		);
		const layout = tiling ? layOutTiles(this.config, height, width) : undefined;
		if (layout) return stack(await decodeTiled(each, layout, (tile) => this.#decodeOne(tile, signal)));
		const pictures: Tensor<"float32">[] = [];
		for (const one of each) pictures.push(await this.#decodeOne(one, signal));
		return stack(pictures);
	}

	/** `[latent_channels, h, w]` → `[out_channels, scale·h, scale·w]`. */
	async #decodeOne({ data, dims }: Tensor<"float32">, signal: AbortSignal | undefined): Promise<Tensor<"float32">> {
		const [, height, width] = dims as [number, number, number];
		const feeds = { latents: float32(data, [1, ...dims]) };
		const { picture } = await this.#session.run(height, width, feeds, { signal });
		return float32(picture!.data, picture!.dims.slice(1));
	}

	/** Frees the weights' memory. */
	release(): Promise<void> {
		return this.#session.release();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}

function buildDecoder(
	config: VaeConfig,
	checkpoint: WeightSource,
	name: string,
	device: Device,
	height: number,
	width: number,
): BuiltGraph {
	const stored = checkpoint.get("decoder.conv_in.weight")?.type ?? "float32";
	const graph = new Graph({ name, precision: config.force_upcast ? "float32" : precisionOn(device, stored) });
	const latents = graph.input("latents", "float32", [1, config.latent_channels, height, width]);
	const { picture } = vaeDecoder(graph.weights(checkpoint), config, unscale(latents, config));
	return graph.build({ picture });
}

/** Latents with the means and deviations that the encoder gives. */
function unscale(latents: Value, { scaling_factor, shift_factor, latents_mean, latents_std }: VaeConfig): Value {
	if (!latents_mean || !latents_std) return add(div(latents, scaling_factor), shift_factor);
	const ofChannels = (values: readonly number[]) =>
		latents.graph.constant(Float32Array.from(values), [1, values.length, 1, 1]);
	return add(div(mul(latents, ofChannels(latents_std)), scaling_factor), ofChannels(latents_mean));
}

function stack(pictures: readonly Tensor<"float32">[]): Tensor<"float32"> {
	const { dims, data } = pictures[0]!;
	const all = new Float32Array(pictures.length * data.length);
	for (const [i, picture] of pictures.entries()) all.set(picture.data, i * data.length);
	return float32(all, [pictures.length, ...dims]);
}
