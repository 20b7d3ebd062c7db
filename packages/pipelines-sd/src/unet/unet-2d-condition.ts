import {
	type Cache,
	type CachedCalls,
	checkFeeds,
	type Denoiser,
	type DenoiserFeeds,
	joinRows,
	type ModelFiles,
} from "@drum/diffusion";
import {
	type AdaptedRunOptions,
	type CutBuild,
	type CutSession,
	type CutSessions,
	type LoraLayers,
	loraFeeds,
	MODEL_OPTIONS,
	type RunOptions,
	refuseDamagedWeights,
	type SessionOptions,
	type WeightOptions,
	type WeightSource,
} from "@drum/graph";
import { ArgumentError, checkNames, float32, loadPart, type Tensor, type Warning } from "@drum/tensor";
import { pooledWidthOf } from "./added-condition.ts";
import { attentionOf, blockKinds, multipleOf } from "./block-kinds.ts";
import { branchesOf } from "./build-unet.ts";
import { maskChannelsOf } from "./config.ts";
import type { UNetConfig } from "./config-schema.ts";
import type { Feedback } from "./feedback.ts";
import { type OpenedUNet, openUNet } from "./open-unet.ts";
import { timeFeeds, unetFeeds } from "./unet-feeds.ts";

/** The denoiser of Stable Diffusion 1, 2 and XL. */
export class UNet2DCondition implements Denoiser {
	readonly config: UNetConfig;
	readonly weights: WeightSource;
	readonly warnings: readonly Warning[];
	readonly caches = ["deepcache"] as const;
	readonly #opened: OpenedUNet;
	readonly #options: Pick<SessionOptions, "device" | "threads">;
	/** Undefined until the first call with a cache. */
	#cut: CutSession | undefined;

	private constructor(opened: OpenedUNet, { device, threads }: SessionOptions) {
		this.config = opened.config;
		this.weights = opened.weights;
		this.warnings = opened.warnings;
		this.#opened = opened;
		this.#options = { device, threads };
	}

	/**
	 * Checks the configuration and the weights' names and shapes; the weights are read at the first `predict` of a size.
	 * @throws CheckpointError if they do not fit together, or need something that is not supported
	 */
	static async load(files: ModelFiles, options: SessionOptions & WeightOptions = {}): Promise<UNet2DCondition> {
		checkNames("UNet2DCondition.load", options, MODEL_OPTIONS);
		options.signal?.throwIfAborted();
		return new UNet2DCondition(openUNet(files, options), options);
	}

	/** @throws CheckpointError that names a factor which does not fit its layer */
	checkLora(layers: LoraLayers): Promise<readonly string[]> {
		return this.#opened.checkLora(layers);
	}

	/**
	 * Reads the weights for latents of one size, so that the first `predict` does not wait for them. Another size reads them again.
	 * @throws DeviceError if the device cannot run the network
	 */
	async prepare(height: number, width: number, options: AdaptedRunOptions = {}): Promise<void> {
		await this.#releaseOthers("session");
		await this.#opened.session.prepare(height, width, options);
	}

	get channels(): number {
		return this.config.out_channels;
	}

	/** Channels of the mask and the masked picture, for a network that inpaints. Undefined for others. */
	get maskChannels(): number | undefined {
		return maskChannelsOf(this.config);
	}

	get sampleSize(): readonly [height: number, width: number] {
		return this.config.sample_size;
	}

	get multiple(): number {
		return multipleOf(this.config);
	}

	get width(): number {
		return this.config.conditionWidth;
	}

	/** Whether it was distilled with guidance, and so takes the guidance scale and no negative condition. */
	get takesGuidance(): boolean {
		return this.config.time_cond_proj_dim !== null;
	}

	/** How many branches DeepCache can begin at: three for each block. */
	get branches(): number {
		return branchesOf(this.config);
	}

	get pooledWidth(): number | undefined {
		return pooledWidthOf(this.config);
	}

	/**
	 * One step: the predicted noise, or velocity, as the checkpoint was trained: `[n · pictures, out_channels, height, width]`.
	 * @throws ArgumentError for a shape that the network does not take; CheckpointError if a weight is NaN or infinite; the signal's reason
	 */
	async predict(
		feeds: DenoiserFeeds,
		{ signal }: { signal?: AbortSignal | undefined } = {},
	): Promise<Tensor<"float32">> {
		checkFeeds(this, feeds);
		await this.#releaseOthers("session");
		const [, , height, width] = feeds.sample.dims as [number, number, number, number];
		const predicted: Tensor<"float32">[] = [];
		for (const run of unetFeeds(this.config, feeds).flat()) {
			const result = await this.#opened.session.run(height, width, run, { signal, loras: feeds.loras });
			predicted.push(result.predicted!);
		}
		return this.#checked(joinRows(predicted), signal);
	}

	/**
	 * The calls of a run that only run the whole network in every `interval`th step (DeepCache, arXiv 2312.00858).
	 * @throws ArgumentError for another cache
	 */
	async cached(cache: Cache, steps: readonly number[], { signal }: RunOptions = {}): Promise<CachedCalls> {
		if (cache.method !== "deepcache") {
			throw new ArgumentError({ what: "cache", expected: "deepcache for a UNet", found: cache.method });
		}
		const { CachedCalls, CutSession, cutUNet } = await loadPart(() => import("./of-cache.ts"));
		this.#cut ??= new CutSession(this.#options);
		const cut = this.#cut;
		const use = async <T>(feeds: DenoiserFeeds, task: (sessions: CutSessions) => Promise<T>) => {
			checkFeeds(this, feeds);
			await this.#releaseOthers("cut");
			const [, , height, width] = feeds.sample.dims as [number, number, number, number];
			const key = `${height}×${width} ${cache.branch}`;
			const build: CutBuild = async (signal, loras) =>
				cutUNet(await this.#opened.outline([height, width], signal, loras), this.config, cache.branch);
			return cut.use(key, build, task, { signal, loras: feeds.loras });
		};
		const conditions = (feeds: DenoiserFeeds) => {
			const scales = loraFeeds(feeds.loras);
			return unetFeeds(this.config, feeds).map((runs) => runs.map((run) => ({ ...run, ...scales })));
		};
		const join = (predicted: readonly Tensor<"float32">[]) => this.#checked(joinRows(predicted), signal);
		return new CachedCalls({ conditions, use, join }, cache, steps, signal);
	}

	/**
	 * One step of FABRIC (arXiv 2307.10159): wherever pictures attend to themselves, they also attend to the liked ones with the prompt's condition, and
	 * to the disliked ones with the negative condition. Each picture has two conditions, the negative ones first.
	 * @throws ArgumentError for a shape that the network does not take, without feedback, and for SDXL's network
	 */
	async predictWithFeedback(
		feeds: DenoiserFeeds,
		feedback: Feedback,
		{ signal }: { signal?: AbortSignal | undefined } = {},
	): Promise<Tensor<"float32">> {
		this.#refuseFeedback();
		checkFeeds(this, feeds);
		const { feedbackFeeds } = await loadPart(() => import("./feedback.ts"));
		const { sample, encoderHiddenStates, groups, kinds, logWeights } = feedbackFeeds(feeds, feedback, this.depths);
		const inputs = {
			sample,
			...timeFeeds(this.config, feeds),
			encoder_hidden_states: encoderHiddenStates,
			groups,
			kinds,
			log_weights: logWeights,
		};
		const [, , height, width] = sample.dims as [number, number, number, number];
		await this.#releaseOthers("withFeedback");
		const { predicted } = await this.#opened.withFeedback.run(height, width, inputs, { signal, loras: feeds.loras });
		const { data, dims } = await this.#checked(predicted!, signal);
		const [pictures] = feeds.sample.dims as [number];
		const size = data.length / dims[0]!;
		return float32(data.subarray(data.length - 2 * pictures * size), [2 * pictures, ...dims.slice(1)]);
	}

	/** The number of depths for feedback's weights: the blocks of one way, and the middle. */
	get depths(): number {
		return this.config.block_out_channels.length + 1;
	}

	/** @throws ArgumentError for a network that cannot attend to other pictures */
	#refuseFeedback(): void {
		const own = blockKinds(this.config).find((kind) => ["pixels", "pixels and condition"].includes(attentionOf(kind)));
		const other = this.maskChannels ? "one that inpaints" : own && `one with a ${own}`;
		const found = this.config.addition_embed_type ? "that of XL" : other;
		if (!found) return;
		throw new ArgumentError({
			what: "predictWithFeedback",
			expected: "the UNet of Stable Diffusion 1 or 2",
			found,
		});
	}

	/** If a prediction is not finite, looks for a damaged weight first. */
	async #checked(predicted: Tensor<"float32">, signal: AbortSignal | undefined): Promise<Tensor<"float32">> {
		if (!predicted.data.every(Number.isFinite)) await refuseDamagedWeights({ ...this.#opened, signal });
		return predicted;
	}

	/** Frees the weights' memory. */
	release(): Promise<void> {
		return this.#releaseOthers();
	}

	/** Releases the other graphs, because only one is in memory at a time. */
	async #releaseOthers(than?: "session" | "withFeedback" | "cut"): Promise<void> {
		const { session, withFeedback } = this.#opened;
		const all = Object.entries({ session, withFeedback, cut: this.#cut });
		await Promise.all(all.map(([name, each]) => name !== than && each?.release()));
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}
