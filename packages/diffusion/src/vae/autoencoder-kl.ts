import {
	type Graph,
	refuseDamagedWeights,
	type SessionOptions,
	SizedSession,
	unusedWeights,
	type WeightsToCheck,
} from "@drum/graph";
import { ArgumentError, checkNames, DeviceError, float32, sizeOf, type Tensor, type Warning } from "@drum/tensor";
import type { ModelFiles } from "../model-files.ts";
import { buildDecoder, buildEncoder, encoderWeights } from "./build-halves.ts";
import { parseVaeConfig, type VaeConfig } from "./config.ts";
import { Posterior } from "./posterior.ts";
import { decodeTiled, layOutTiles } from "./tiles.ts";

interface DecodeOptions {
	/**
	 * Decodes in tiles of `sample_size` pixels that fade into each other, where the picture is larger: memory stays that of one
	 * tile. Colours can drift from tile to tile, because each has norms of its own. Default false.
	 */
	tiling?: boolean | undefined;
	signal?: AbortSignal | undefined;
}

/** A variational autoencoder: latents → pictures, and back. */
export class AutoencoderKL implements AsyncDisposable {
	readonly config: VaeConfig;
	/** Pixels per latent along each side. */
	readonly scale: number;
	/** What its checkpoint holds beyond what it uses. */
	readonly warnings: readonly Warning[];
	readonly #weights: WeightsToCheck;
	readonly #precision: Graph["precision"];
	readonly #decoder: SizedSession;
	readonly #encoder: SizedSession;

	private constructor(
		config: VaeConfig,
		weights: WeightsToCheck,
		warnings: readonly Warning[],
		precision: Graph["precision"],
		decoder: SizedSession,
		encoder: SizedSession,
	) {
		this.config = config;
		this.warnings = warnings;
		this.#weights = weights;
		this.#precision = precision;
		this.scale = 2 ** (config.block_out_channels.length - 1);
		this.#decoder = decoder;
		this.#encoder = encoder;
	}

	/**
	 * Checks the configuration and the decoder's names and shapes; weights are read at the first `decode` or `encode` of a size,
	 * the encoder's are checked then.
	 * @throws CheckpointError when they do not belong together, or ask for something that is not supported.
	 */
	static async load(
		{ config: json, checkpoint, name }: ModelFiles,
		options: SessionOptions = {},
	): Promise<AutoencoderKL> {
		options.signal?.throwIfAborted();
		const config = parseVaeConfig(json, name);
		const { device = "cpu", threads } = options;
		const session = (half: typeof buildDecoder) => {
			const build = (height: number, width: number) => half(config, checkpoint, name, device, height, width).graph;
			return new SizedSession(build, { device, threads });
		};
		const { weights } = buildDecoder(config, checkpoint, name, device, 1, 1);
		const ofEncoder = encoderWeights(config, checkpoint, name, device);
		const unused = weights.unused().filter((tensor) => !ofEncoder(tensor));
		return new AutoencoderKL(
			config,
			{ weights: checkpoint, used: weights.used() },
			unusedWeights(unused, name),
			weights.graph.precision,
			session(buildDecoder),
			session(buildEncoder),
		);
	}

	/**
	 * Latents `[n, latent_channels, h, w]` as the denoiser leaves them, scaled by `scaling_factor`, → pictures
	 * `[n, out_channels, scale·h, scale·w]` in about −1 … 1. One picture is decoded at a time, so that memory stays flat.
	 * @throws ArgumentError when the latents have another shape; CheckpointError when a weight turns out to be no number; DeviceError
	 * when the picture has none for another reason; the signal's reason, between two pictures or tiles.
	 */
	async decode(latents: Tensor<"float32">, options: DecodeOptions = {}): Promise<Tensor<"float32">> {
		checkNames("decode", options, ["tiling", "signal"]);
		const { tiling = false, signal } = options;
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

	/** Throws for a picture that has what is no number, with the reason. */
	async #refuseNaN(latents: Tensor<"float32">, signal: AbortSignal | undefined): Promise<never> {
		await refuseDamagedWeights({ ...this.#weights, signal });
		const finite = latents.data.every(Number.isFinite);
		const half = 'The VAE overflowed in half precision: run it with device: "cpu", which computes in float32';
		throw new DeviceError({
			what: "the decoded picture",
			expected: "numbers",
			found: "NaN",
			next: !finite
				? "The latents are no finite numbers already"
				: this.#precision === "float16"
					? half
					: "The VAE's weights are finite: check that the latents are those of a model of this VAE",
		});
	}

	/** `[latent_channels, h, w]` → `[out_channels, scale·h, scale·w]`. */
	async #decodeOne({ data, dims }: Tensor<"float32">, signal: AbortSignal | undefined): Promise<Tensor<"float32">> {
		const [, height, width] = dims as [number, number, number];
		const feeds = { latents: float32(data, [1, ...dims]) };
		const { picture } = await this.#decoder.run(height, width, feeds, { signal });
		// diffusers clips an infinity to black or white.
		if (picture!.data.some(Number.isNaN)) await this.#refuseNaN(feeds.latents, signal);
		return withoutBatch(picture!);
	}

	/**
	 * Pictures `[n, in_channels, height, width]` in −1 … 1, whose sides are multiples of `scale`, → what their latents may be. One
	 * picture is encoded at a time.
	 * @throws ArgumentError when the pictures have another shape; CheckpointError for a checkpoint without an encoder; the signal's
	 * reason, between two pictures.
	 */
	async encode(pictures: Tensor<"float32">, options: { signal?: AbortSignal | undefined } = {}): Promise<Posterior> {
		checkNames("encode", options, ["signal"]);
		const { signal } = options;
		const [n = 0, channels, height = 0, width = 0] = pictures.dims;
		const { in_channels } = this.config;
		const whole = height % this.scale === 0 && width % this.scale === 0;
		if (pictures.dims.length !== 4 || channels !== in_channels || sizeOf(pictures.dims) === 0 || !whole) {
			throw new ArgumentError({
				what: "pictures",
				expected: `[n, ${in_channels}, height, width], multiples of ${this.scale}`,
				found: `[${pictures.dims.join(", ")}]`,
			});
		}
		const size = sizeOf(pictures.dims) / n;
		const found: Record<string, Tensor<"float32">>[] = [];
		for (let i = 0; i < n; i++) {
			const feeds = {
				picture: float32(pictures.data.subarray(i * size, (i + 1) * size), [1, in_channels, height, width]),
			};
			found.push(await this.#encoder.run(height, width, feeds, { signal }));
		}
		const all = (part: string) => stack(found.map((one) => withoutBatch(one[part]!)));
		return new Posterior(this.config, all("mean"), all("logvar"));
	}

	/** Frees the weights' memory. */
	async release(): Promise<void> {
		await Promise.all([this.#decoder.release(), this.#encoder.release()]);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}

function withoutBatch({ data, dims }: Tensor<"float32">): Tensor<"float32"> {
	return float32(data, dims.slice(1));
}

function stack(pictures: readonly Tensor<"float32">[]): Tensor<"float32"> {
	const { dims, data } = pictures[0]!;
	const all = new Float32Array(pictures.length * data.length);
	for (const [i, picture] of pictures.entries()) all.set(picture.data, i * data.length);
	return float32(all, [pictures.length, ...dims]);
}
