import {
	add,
	type BuiltGraph,
	type Device,
	div,
	Graph,
	precisionOn,
	type SessionOptions,
	SizedSession,
	type WeightSource,
} from "@drum/graph";
import { ArgumentError, float32, sizeOf, type Tensor } from "@drum/tensor";
import { parseVaeConfig, type VaeConfig } from "./config.ts";
import { vaeDecoder } from "./decoder.ts";

export interface VaeFiles {
	/** `config.json`, parsed. */
	config: unknown;
	/** The weights: an opened `Checkpoint` of `@drum/tensor/node`. */
	checkpoint: WeightSource;
	/** Names the autoencoder in errors. */
	name: string;
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
		{ config: json, checkpoint, name }: VaeFiles,
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
	 * @throws ArgumentError when the latents have another shape.
	 */
	async decode(latents: Tensor<"float32">, { signal }: { signal?: AbortSignal | undefined } = {}) {
		const [n = 0, channels, height = 0, width = 0] = latents.dims;
		const { latent_channels, out_channels } = this.config;
		if (latents.dims.length !== 4 || channels !== latent_channels || sizeOf(latents.dims) === 0) {
			throw new ArgumentError({
				what: "latents",
				expected: `[n, ${latent_channels}, height, width]`,
				found: `[${latents.dims.join(", ")}]`,
			});
		}
		const dims = [n, out_channels, this.scale * height, this.scale * width];
		const pictures = new Float32Array(sizeOf(dims));
		const [from, to] = [sizeOf(latents.dims) / n, pictures.length / n];
		for (let i = 0; i < n; i++) {
			const one = float32(latents.data.slice(i * from, (i + 1) * from), [1, latent_channels, height, width]);
			const { picture } = await this.#session.run(height, width, { latents: one }, { signal });
			pictures.set(picture!.data, i * to);
		}
		return float32(pictures, dims);
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
	const unscaled = add(div(latents, config.scaling_factor), config.shift_factor);
	const { picture } = vaeDecoder(graph.weights(checkpoint), config, unscaled);
	return graph.build({ picture });
}
