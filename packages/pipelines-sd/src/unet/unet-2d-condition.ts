import { timestepEmbedding } from "@drum/diffusion";
import {
	type BuiltGraph,
	type Device,
	Graph,
	precisionOn,
	type SessionOptions,
	SizedSession,
	type WeightSource,
} from "@drum/graph";
import { ArgumentError, CheckpointError, float32, type Tensor } from "@drum/tensor";
import { parseUNetConfig, type UNetConfig } from "./config.ts";
import { unet2DConditionModel } from "./unet.ts";

export interface UNetFiles {
	/** `config.json`, parsed. */
	config: unknown;
	/** The weights: an opened `Checkpoint` of `@drum/tensor/node`. */
	checkpoint: WeightSource;
	/** Names the denoiser in errors. */
	name: string;
}

export interface UNetFeeds {
	/** `[pictures, in_channels, height, width]`. */
	sample: Tensor<"float32">;
	/** The schedule's timestep, 0 … 999. */
	timestep: number;
	/**
	 * The condition of each picture, `[batch, tokens, cross_attention_dim]`. Of several conditions for each, as guidance has
	 * them, the first of all pictures come first; what they share is computed once.
	 */
	encoderHiddenStates: Tensor<"float32">;
}

/** The denoiser of Stable Diffusion 1 and 2. */
export class UNet2DCondition implements AsyncDisposable {
	readonly config: UNetConfig;
	readonly #session: SizedSession;

	private constructor(config: UNetConfig, session: SizedSession) {
		this.config = config;
		this.#session = session;
	}

	/**
	 * Checks the configuration and the weights' names and shapes; the weights are read at the first `predict` of a size.
	 * @throws CheckpointError when they do not belong together, or ask for something that is not supported.
	 */
	static async load(
		{ config: json, checkpoint, name }: UNetFiles,
		options: SessionOptions = {},
	): Promise<UNet2DCondition> {
		const { device = "cpu", threads, signal } = options;
		signal?.throwIfAborted();
		const config = parseUNetConfig(json, name);
		const build = (height: number, width: number) => buildUNet(config, checkpoint, name, device, height, width);
		build(...config.sample_size);
		return new UNet2DCondition(config, new SizedSession(build, { device, threads }));
	}

	/**
	 * Reads the weights for latents of one size, so that the first `predict` does not wait for them; another size reads them anew.
	 * @throws DeviceError when the device cannot run the network.
	 */
	prepare(height: number, width: number, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
		return this.#session.prepare(height, width, options);
	}

	/**
	 * One step: the predicted noise, or velocity, as the checkpoint was trained: `[batch, out_channels, height, width]`.
	 * @throws ArgumentError when a shape is not one the network takes.
	 */
	async predict(
		{ sample, timestep, encoderHiddenStates }: UNetFeeds,
		{ signal }: { signal?: AbortSignal | undefined } = {},
	): Promise<Tensor<"float32">> {
		const { in_channels, cross_attention_dim, block_out_channels } = this.config;
		const [pictures = 0, , height = 0, width = 0] = sample.dims;
		checkDims("sample", sample, [null, in_channels, null, null]);
		checkDims("encoderHiddenStates", encoderHiddenStates, [null, null, cross_attention_dim[0]!]);
		const copies = encoderHiddenStates.dims[0]! / pictures;
		if (!Number.isInteger(copies)) {
			throw new ArgumentError({
				what: "encoderHiddenStates",
				expected: `as many conditions for each of ${pictures} pictures`,
				found: `${encoderHiddenStates.dims[0]}`,
			});
		}
		if (!Number.isFinite(timestep)) {
			throw new ArgumentError({ what: "timestep", expected: "a finite number", found: String(timestep) });
		}
		const frequencies = block_out_channels[0]!;
		const feeds = {
			sample,
			timestep: float32(timestepEmbedding(timestep, frequencies, this.config), [1, frequencies]),
			encoder_hidden_states: encoderHiddenStates,
			copies: { type: "int64", dims: [1], data: BigInt64Array.of(BigInt(copies)) } as const,
		};
		return (await this.#session.run(height, width, feeds, { signal })).predicted!;
	}

	/** Frees the weights' memory. */
	release(): Promise<void> {
		return this.#session.release();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}

function buildUNet(
	config: UNetConfig,
	checkpoint: WeightSource,
	name: string,
	device: Device,
	height: number,
	width: number,
): BuiltGraph {
	const stored = checkpoint.get("conv_in.weight")?.type ?? "float32";
	const graph = new Graph({ name, precision: precisionOn(device, stored) });
	const weights = graph.weights(checkpoint);
	const { predicted } = unet2DConditionModel(weights, config, {
		sample: graph.input("sample", "float32", ["pictures", config.in_channels, height, width]),
		timestep: graph.input("timestep", "float32", [1, config.block_out_channels[0]!]),
		encoderHiddenStates: graph.input("encoder_hidden_states", "float32", [
			"batch",
			"tokens",
			config.cross_attention_dim[0]!,
		]),
		copies: graph.input("copies", "int64", [1]),
	});
	const unused = weights.unused();
	if (unused.length > 0) {
		throw new CheckpointError({
			what: `weights of ${name}`,
			expected: "only those that config.json speaks of",
			found: `${unused.length} more, such as ${unused[0]}`,
			next: "This is another kind of UNet",
		});
	}
	return graph.build({ predicted });
}

function checkDims(what: string, { dims }: Tensor, expected: readonly (number | null)[]): void {
	const fits = dims.length === expected.length && dims.every((dim, i) => dim > 0 && dim === (expected[i] ?? dim));
	if (fits) return;
	const shape = expected.map((dim) => dim ?? "any").join(", ");
	throw new ArgumentError({ what, expected: `[${shape}]`, found: `[${dims.join(", ")}]` });
}
