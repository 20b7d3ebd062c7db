import {
	type Denoiser,
	type DenoiserFeeds,
	type ModelFiles,
	type OpenedTransformer,
	predictEach,
	TIME_CHANNELS,
	timestepEmbedding,
	transformerSession,
} from "@drum/diffusion";
import {
	type LoraLayers,
	loraFeeds,
	refuseDamagedWeights,
	type Session,
	type SessionOptions,
	type WeightOptions,
} from "@drum/graph";
import { ArgumentError, float32, shown, type Tensor, type Warning } from "@drum/tensor";
import { parseSD3Config, type SD3Config } from "./config.ts";
import { POSITIONS } from "./patch-embed.ts";
import { patchify, unpatchify } from "./patches.ts";
import { croppedPositions, sincosPositions } from "./positions.ts";
import { SKIP, sd3Inputs, sd3Transformer2DModel } from "./sd3-transformer-2d-model.ts";

/**
 * The denoiser of Stable Diffusion 3 and 3.5. One session serves all sizes of pictures and lengths of conditions; pictures
 * and conditions are taken one after another.
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
	readonly warnings: readonly Warning[];
	readonly weights: ModelFiles["checkpoint"];
	readonly #opened: OpenedTransformer;
	readonly #skips: { on: boolean };
	/** The end of the network that leaves no blocks out, whose memory is to be free before the other's is taken. */
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
	 * Checks the configuration and the weights' names and shapes; the weights are read at the first `predict`.
	 * @throws CheckpointError when they do not belong together, or ask for something that is not supported.
	 */
	static async load(files: ModelFiles, options: SessionOptions & WeightOptions = {}): Promise<SD3Transformer2D> {
		const config = parseSD3Config(files.config, files.name);
		const skips = { on: false };
		const opened = transformerSession(files, options, (weights) => {
			return sd3Transformer2DModel(weights, config, sd3Inputs(weights, config, { skips: skips.on })).predicted;
		});
		return new SD3Transformer2D(config, files.checkpoint, opened, skips);
	}

	/** @throws CheckpointError naming a factor that does not fit its layer. */
	checkLora(layers: LoraLayers): readonly string[] {
		return this.#opened.checkLora(layers);
	}

	/**
	 * One step: the predicted velocity `[n · pictures, channels, height, width]`.
	 * @throws ArgumentError when a shape is not one the network takes; DeviceError when the device cannot run it;
	 * CheckpointError when a weight turns out to be no number; the signal's reason.
	 */
	async predict(
		feeds: DenoiserFeeds,
		{ signal }: { signal?: AbortSignal | undefined } = {},
	): Promise<Tensor<"float32">> {
		signal?.throwIfAborted();
		const { patch_size: size } = this.config;
		const [, , height = 0, width = 0] = feeds.sample.dims;
		let positions: Tensor | undefined;
		const { session, used } = this.#opened;
		const skip = this.#skipOf(feeds);
		if (feeds.layerSkip) await this.#withSkips();
		const predicted = await predictEach(this, feeds, async ({ sample, encoderHiddenStates, pooledProjections }) => {
			positions ??= this.#positions(height, width);
			const all = {
				timestep: float32(timestepEmbedding(feeds.timestep, TIME_CHANNELS), [1, TIME_CHANNELS]),
				positions,
				hidden_states: patchify(sample, size),
				encoder_hidden_states: encoderHiddenStates,
				pooled_projections: pooledProjections!,
				...loraFeeds(feeds.loras),
			};
			const run = (loaded: Session) => loaded.run(loaded.takes(SKIP) ? { ...all, [SKIP]: skip } : all, { signal });
			const { predicted } = await session.use(run, { signal, loras: feeds.loras });
			return unpatchify(predicted!, { height, width, size });
		});
		if (!predicted.data.every(Number.isFinite)) await refuseDamagedWeights({ weights: this.weights, used, signal });
		return predicted;
	}

	/** Frees the weights' memory; a later step reads them again. */
	release(): Promise<void> {
		return this.#opened.session.release();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}

	/** Has the network built with a choice in each block when it is next used, and from then on, also where calls leave none out. */
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
