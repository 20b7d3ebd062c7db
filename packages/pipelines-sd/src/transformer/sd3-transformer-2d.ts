import {
	type Cache,
	type CachedCalls,
	type Denoiser,
	type DenoiserFeeds,
	firstBlockCalls,
	joinRows,
	type ModelFiles,
	type OpenedTransformer,
	pictureFeeds,
	TIME_CHANNELS,
	timestepEmbedding,
	transformerSession,
} from "@drum/diffusion";
import {
	type LoraLayers,
	loraFeeds,
	MODEL_OPTIONS,
	type RunOptions,
	refuseDamagedWeights,
	type Session,
	type SessionOptions,
	type WeightOptions,
} from "@drum/graph";
import { ArgumentError, checkNames, float32, shown, type Tensor, type Warning } from "@drum/tensor";
import { parseSD3Config, type SD3Config } from "./config.ts";
import { POSITIONS } from "./patch-embed.ts";
import { patchify, unpatchify } from "./patches.ts";
import { croppedPositions, sincosPositions } from "./positions.ts";
import { SKIP, sd3Inputs, sd3Transformer2DModel } from "./sd3-transformer-2d-model.ts";

/**
 * The denoiser of Stable Diffusion 3 and 3.5. One session serves pictures of all sizes and conditions of all lengths. It computes pictures and
 * conditions one after another.
 */
export class SD3Transformer2D implements Denoiser {
	readonly config: SD3Config;
	readonly channels: number;
	readonly sampleSize: readonly [height: number, width: number];
	readonly multiple: number;
	readonly maxExtent: number;
	readonly width: number;
	readonly pooledWidth: number;
	readonly layers: number;
	readonly caches = ["first-block"] as const;
	readonly warnings: readonly Warning[];
	readonly weights: ModelFiles["checkpoint"];
	readonly #opened: OpenedTransformer;
	readonly #skips: { on: boolean };
	/** Settles when the network without skips is released: its memory must be free before the other network loads. */
	#closing: Promise<void> | undefined;

	private constructor(
		config: SD3Config,
		checkpoint: ModelFiles["checkpoint"],
		opened: OpenedTransformer,
		skips: { on: boolean },
	) {
		this.config = config;
		this.channels = config.in_channels;
		this.sampleSize = [config.sample_size, config.sample_size];
		this.multiple = config.patch_size;
		this.maxExtent = config.pos_embed_max_size * config.patch_size;
		this.width = config.joint_attention_dim;
		this.pooledWidth = config.pooled_projection_dim;
		this.layers = config.num_layers;
		this.warnings = opened.warnings;
		this.weights = checkpoint;
		this.#opened = opened;
		this.#skips = skips;
	}

	/**
	 * Checks the configuration, and the names and shapes of the weights. The first `predict` reads the weights.
	 * @throws CheckpointError if they do not fit together, or need something that is not supported
	 */
	static async load(files: ModelFiles, options: SessionOptions & WeightOptions = {}): Promise<SD3Transformer2D> {
		checkNames("SD3Transformer2D.load", options, MODEL_OPTIONS);
		const config = parseSD3Config(files.config, files.name);
		const skips = { on: false };
		const opened = transformerSession(files, options, (weights, cut) => {
			return sd3Transformer2DModel(weights, config, sd3Inputs(weights, config, { skips: skips.on, cut }));
		});
		return new SD3Transformer2D(config, files.checkpoint, opened, skips);
	}

	/** @throws CheckpointError that names a factor which does not fit its layer */
	checkLora(layers: LoraLayers): Promise<readonly string[]> {
		return this.#opened.checkLora(layers);
	}

	/**
	 * One step: the predicted velocity `[n · pictures, channels, height, width]`.
	 * @throws ArgumentError for a shape that the network does not take; DeviceError if the device cannot run it; CheckpointError if a weight is NaN or
	 * infinite; the signal's reason
	 */
	async predict(
		feeds: DenoiserFeeds,
		{ signal }: { signal?: AbortSignal | undefined } = {},
	): Promise<Tensor<"float32">> {
		signal?.throwIfAborted();
		const { session, cut } = this.#opened;
		const runs = this.#conditions(feeds).flat();
		if (feeds.layerSkip) await this.#withSkips();
		await cut.release();
		const predicted: Tensor<"float32">[] = [];
		for (const run of runs) {
			const fed = (loaded: Session) => (loaded.takes(SKIP) ? { ...run, [SKIP]: this.#skipOf(feeds) } : run);
			const task = (loaded: Session) => loaded.run(fed(loaded), { signal });
			predicted.push((await session.use(task, { signal, loras: feeds.loras })).predicted!);
		}
		return this.#join(predicted, feeds, signal);
	}

	/**
	 * The calls of a run that reuse the blocks after the first, while what the first block adds changes little.
	 * @throws ArgumentError for another cache
	 */
	async cached(cache: Cache, steps: readonly number[], { signal }: RunOptions = {}): Promise<CachedCalls> {
		const denoiser = {
			conditions: (feeds: DenoiserFeeds) => {
				const skip = { [SKIP]: this.#skipOf(feeds) };
				return this.#conditions(feeds).map((runs) => runs.map((run) => ({ ...run, ...skip })));
			},
			residualDims: ({ sample: { dims } }: DenoiserFeeds) => [
				1,
				(dims[2]! * dims[3]!) / this.multiple ** 2,
				this.config.width,
			],
			join: (predicted: readonly Tensor<"float32">[], feeds: DenoiserFeeds) => this.#join(predicted, feeds, signal),
			ready: async ({ layerSkip }: DenoiserFeeds) => {
				if (layerSkip) await this.#withSkips();
				return `${this.#skips.on}`;
			},
		};
		return firstBlockCalls(this.#opened, denoiser, cache, steps, signal);
	}

	/** The network's inputs for each of its runs, by condition. */
	#conditions(feeds: DenoiserFeeds): Record<string, Tensor>[][] {
		const [, , height = 0, width = 0] = feeds.sample.dims;
		const pictures = pictureFeeds(this, feeds);
		const shared = {
			timestep: float32(timestepEmbedding(feeds.timestep, TIME_CHANNELS), [1, TIME_CHANNELS]),
			positions: this.#positions(height, width),
			...loraFeeds(feeds.loras),
		};
		return pictures.map((each) =>
			each.map(({ sample, encoderHiddenStates, pooledProjections }) => ({
				...shared,
				hidden_states: patchify(sample, this.multiple),
				encoder_hidden_states: encoderHiddenStates,
				pooled_projections: pooledProjections!,
			})),
		);
	}

	async #join(
		predicted: readonly Tensor<"float32">[],
		{ sample }: DenoiserFeeds,
		signal: AbortSignal | undefined,
	): Promise<Tensor<"float32">> {
		const [, , height = 0, width = 0] = sample.dims;
		const { channels, weights, multiple: size } = this;
		const rows = predicted.map((rows) =>
			float32(unpatchify(rows, { height, width, size }), [1, channels, height, width]),
		);
		const joined = joinRows(rows);
		const { used } = this.#opened;
		if (!joined.data.every(Number.isFinite)) await refuseDamagedWeights({ weights, used, signal });
		return joined;
	}

	/** Frees the weights' memory. A later step reads them again. */
	async release(): Promise<void> {
		await Promise.all([this.#opened.session.release(), this.#opened.cut.release()]);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}

	/** From its next use on, the network has a switch in each block, also for calls that skip none. */
	async #withSkips(): Promise<void> {
		if (!this.#skips.on) this.#closing = this.release();
		this.#skips.on = true;
		await this.#closing;
	}

	#skipOf({ layerSkip }: DenoiserFeeds): Tensor<"int64"> {
		const data = new BigInt64Array(this.layers);
		for (const layer of layerSkip?.layers ?? []) {
			if (data[layer] === undefined) {
				const expected = `integers from 0 to ${this.layers - 1}`;
				throw new ArgumentError({ what: "layerSkip", expected, found: shown(layer) });
			}
			data[layer] = layerSkip!.skip ? 1n : 0n;
		}
		return { type: "int64", dims: [this.layers], data };
	}

	#positions(height: number, width: number): Tensor {
		const places = croppedPositions(this.config, height, width);
		return this.weights.get(POSITIONS) ? places : sincosPositions(this.config, places);
	}
}
