import {
	type Cache,
	type CachedCalls,
	type Denoiser,
	type DenoiserFeeds,
	firstBlockCalls,
	joinRows,
	type ModelFiles,
	type OpenedTransformer,
	PREVIOUS,
	pictureFeeds,
	TIME_CHANNELS,
	type TransformerOutputs,
	timestepEmbedding,
	transformerSession,
} from "@drum/diffusion";
import {
	type LoraLayers,
	loraFeeds,
	MODEL_OPTIONS,
	type RunOptions,
	refuseDamagedWeights,
	type SessionOptions,
	type WeightOptions,
	type Weights,
} from "@drum/graph";
import { ArgumentError, checkNames, float32, type Tensor, type Warning } from "@drum/tensor";
import { FLUX_SAMPLE_SIZE, type FluxConfig, parseFluxConfig } from "./config.ts";
import { fluxTransformer2DModel } from "./flux-transformer-2d-model.ts";
import { packLatents, unpackLatents } from "./packing.ts";
import { fluxPositions } from "./rotary.ts";

/**
 * The denoiser of FLUX.1, distilled with guidance ([dev]) or without ([schnell]). One session serves pictures of all sizes and conditions of all
 * lengths. It computes pictures and conditions one after another.
 */
export class FluxTransformer2D implements Denoiser {
	readonly config: FluxConfig;
	readonly channels: number;
	readonly sampleSize = FLUX_SAMPLE_SIZE;
	readonly multiple = 2;
	readonly width: number;
	readonly caches = ["first-block"] as const;
	readonly pooledWidth: number;
	readonly takesGuidance: boolean;
	readonly warnings: readonly Warning[];
	readonly weights: ModelFiles["checkpoint"];
	readonly #opened: OpenedTransformer;

	private constructor(config: FluxConfig, checkpoint: ModelFiles["checkpoint"], opened: OpenedTransformer) {
		this.config = config;
		this.channels = config.in_channels / 4;
		this.width = config.joint_attention_dim;
		this.pooledWidth = config.pooled_projection_dim;
		this.takesGuidance = config.guidance_embeds;
		this.warnings = opened.warnings;
		this.weights = checkpoint;
		this.#opened = opened;
	}

	/**
	 * Checks the configuration, and the names and shapes of the weights. The first `predict` reads the weights.
	 * @throws CheckpointError if they do not fit together, or need something that is not supported
	 */
	static async load(files: ModelFiles, options: SessionOptions & WeightOptions = {}): Promise<FluxTransformer2D> {
		checkNames("FluxTransformer2D.load", options, MODEL_OPTIONS);
		const config = parseFluxConfig(files.config, files.name);
		const opened = transformerSession(files, options, (weights, cut) => network(weights, config, cut));
		return new FluxTransformer2D(config, files.checkpoint, opened);
	}

	/** @throws CheckpointError that names a factor which does not fit its layer */
	checkLora(layers: LoraLayers): Promise<readonly string[]> {
		return this.#opened.checkLora(layers);
	}

	/**
	 * One step: the predicted velocity `[n · pictures, channels, height, width]`. A model that was not distilled with guidance ignores it.
	 * @throws ArgumentError for a shape that the network does not take, or for missing guidance in a model that was distilled with it; DeviceError if
	 * the device cannot run it; CheckpointError if a weight is NaN or infinite; the signal's reason
	 */
	async predict(
		feeds: DenoiserFeeds,
		{ signal }: { signal?: AbortSignal | undefined } = {},
	): Promise<Tensor<"float32">> {
		signal?.throwIfAborted();
		const { session, cut } = this.#opened;
		const runs = this.#conditions(feeds).flat();
		await cut.release();
		const predicted: Tensor<"float32">[] = [];
		for (const run of runs) {
			signal?.throwIfAborted();
			const under = { signal, loras: feeds.loras };
			predicted.push((await session.use((loaded) => loaded.run(run, { signal }), under)).predicted!);
		}
		return this.#join(predicted, feeds, signal);
	}

	/**
	 * The calls of a run that reuse the blocks after the first, while what the first block adds changes little.
	 * @throws ArgumentError for another cache
	 */
	async cached(cache: Cache, steps: readonly number[], { signal }: RunOptions = {}): Promise<CachedCalls> {
		const denoiser = {
			conditions: (feeds: DenoiserFeeds) => this.#conditions(feeds),
			residualDims: ({ sample: { dims } }: DenoiserFeeds) => [1, (dims[2]! * dims[3]!) / 4, this.config.width],
			join: (predicted: readonly Tensor<"float32">[], feeds: DenoiserFeeds) => this.#join(predicted, feeds, signal),
		};
		return firstBlockCalls(this.#opened, denoiser, cache, steps, signal);
	}

	/** The network's inputs for each of its runs, by condition. */
	#conditions(feeds: DenoiserFeeds): Record<string, Tensor>[][] {
		const times = this.#times(feeds);
		const pictures = pictureFeeds(this, feeds);
		const [, , height = 0, width = 0] = feeds.sample.dims;
		const tokens = feeds.encoderHiddenStates.dims[1]!;
		const positions = fluxPositions(tokens, height / 2, width / 2, this.config.axes_dims_rope);
		const shared = { ...times, ...positions, ...loraFeeds(feeds.loras) };
		return pictures.map((each) =>
			each.map(({ sample, encoderHiddenStates, pooledProjections }) => ({
				...shared,
				hidden_states: packLatents(sample),
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
		const { channels, weights } = this;
		const rows = predicted.map((packed) =>
			float32(unpackLatents(packed, [height, width]), [1, channels, height, width]),
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

	/** The time, and guidance if the model was distilled with it. */
	#times({ timestep, guidance }: DenoiserFeeds): Record<string, Tensor<"float32">> {
		const time = { timestep: thousandfold(Math.fround(timestep) / 1000) };
		if (!this.config.guidance_embeds) return time;
		if (guidance === undefined || !Number.isFinite(guidance)) {
			const expected = "a finite number, as this model was distilled with guidance";
			throw new ArgumentError({ what: "guidance", expected, found: String(guidance ?? "none") });
		}
		return { ...time, guidance: thousandfold(guidance) };
	}
}

/** FluxPipeline divides the timestep by 1000 and the model multiplies again, both in float32. */
function thousandfold(value: number): Tensor<"float32"> {
	const { fround } = Math;
	return float32(timestepEmbedding(fround(fround(value) * 1000), TIME_CHANNELS), [1, TIME_CHANNELS]);
}

/** The network for inputs of any size. */
function network(weights: Weights, config: FluxConfig, cut: boolean): TransformerOutputs {
	const { joint_attention_dim, pooled_projection_dim, headWidth, width } = config;
	const input = (name: string, dims: readonly (number | string)[]) => weights.graph.input(name, "float32", dims);
	const time = (name: string) => input(name, [1, TIME_CHANNELS]);
	const places = (name: string) => input(name, ["tokens+patches", headWidth / 2]);
	return fluxTransformer2DModel(weights, config, {
		hiddenStates: input("hidden_states", [1, "patches", config.in_channels]),
		encoderHiddenStates: input("encoder_hidden_states", [1, "tokens", joint_attention_dim]),
		pooledProjections: input("pooled_projections", [1, pooled_projection_dim]),
		timestep: time("timestep"),
		guidance: config.guidance_embeds ? time("guidance") : undefined,
		rotary: { cos: places("cos"), sin: places("sin") },
		previous: cut ? weights.graph.port(PREVIOUS, "float32", [1, "patches", width]) : undefined,
	});
}
