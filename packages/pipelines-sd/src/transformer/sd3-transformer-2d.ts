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
import { refuseDamagedWeights, type SessionOptions, type WeightOptions } from "@drum/graph";
import { float32, type Tensor, type Warning } from "@drum/tensor";
import { parseSD3Config, type SD3Config } from "./config.ts";
import { POSITIONS } from "./patch-embed.ts";
import { patchify, unpatchify } from "./patches.ts";
import { croppedPositions, sincosPositions } from "./positions.ts";
import { sd3Inputs, sd3Transformer2DModel } from "./sd3-transformer-2d-model.ts";

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
	readonly warnings: readonly Warning[];
	readonly #checkpoint: ModelFiles["checkpoint"];
	readonly #opened: OpenedTransformer;

	private constructor(config: SD3Config, checkpoint: ModelFiles["checkpoint"], opened: OpenedTransformer) {
		this.config = config;
		this.channels = config.in_channels;
		this.sampleSize = [config.sample_size, config.sample_size];
		this.multiple = config.patch_size;
		this.maxExtent = config.pos_embed_max_size * config.patch_size;
		this.width = config.joint_attention_dim;
		this.pooledWidth = config.pooled_projection_dim;
		this.warnings = opened.warnings;
		this.#checkpoint = checkpoint;
		this.#opened = opened;
	}

	/**
	 * Checks the configuration and the weights' names and shapes; the weights are read at the first `predict`.
	 * @throws CheckpointError when they do not belong together, or ask for something that is not supported.
	 */
	static async load(files: ModelFiles, options: SessionOptions & WeightOptions = {}): Promise<SD3Transformer2D> {
		const config = parseSD3Config(files.config, files.name);
		const opened = transformerSession(files, options, (weights) => {
			return sd3Transformer2DModel(weights, config, sd3Inputs(weights, config)).predicted;
		});
		return new SD3Transformer2D(config, files.checkpoint, opened);
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
		const predicted = await predictEach(this, feeds, async ({ sample, encoderHiddenStates, pooledProjections }) => {
			positions ??= this.#positions(height, width);
			const all = {
				timestep: float32(timestepEmbedding(feeds.timestep, TIME_CHANNELS), [1, TIME_CHANNELS]),
				positions,
				hidden_states: patchify(sample, size),
				encoder_hidden_states: encoderHiddenStates,
				pooled_projections: pooledProjections!,
			};
			const { predicted } = await session.use((loaded) => loaded.run(all, { signal }), { signal });
			return unpatchify(predicted!, { height, width, size });
		});
		if (!predicted.data.every(Number.isFinite)) await refuseDamagedWeights({ weights: this.#checkpoint, used, signal });
		return predicted;
	}

	/** Frees the weights' memory; a later step reads them again. */
	release(): Promise<void> {
		return this.#opened.session.release();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}

	#positions(height: number, width: number): Tensor {
		const places = croppedPositions(this.config, height, width);
		return this.#checkpoint.get(POSITIONS) ? places : sincosPositions(this.config, places);
	}
}
