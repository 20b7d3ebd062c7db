import {
	checkFeeds,
	type Denoiser,
	type DenoiserFeeds,
	type ModelFiles,
	predictEach,
	timestepEmbedding,
} from "@drum/diffusion";
import {
	type AdaptedRunOptions,
	type LoraLayers,
	refuseDamagedWeights,
	type SessionOptions,
	type WeightOptions,
	type WeightSource,
} from "@drum/graph";
import { ArgumentError, float32, type Tensor, type Warning } from "@drum/tensor";
import { addedCondition, pooledWidthOf } from "./added-condition.ts";
import { attentionOf, blockKinds, multipleOf } from "./block-kinds.ts";
import { maskChannelsOf, type UNetConfig } from "./config.ts";
import { type Feedback, feedbackFeeds } from "./feedback.ts";
import { guidanceEmbedding } from "./guidance-embedding.ts";
import { type OpenedUNet, openUNet } from "./open-unet.ts";

/** The denoiser of Stable Diffusion 1, 2 and XL. */
export class UNet2DCondition implements Denoiser {
	readonly config: UNetConfig;
	readonly weights: WeightSource;
	readonly warnings: readonly Warning[];
	readonly #opened: OpenedUNet;

	private constructor(opened: OpenedUNet) {
		this.config = opened.config;
		this.weights = opened.weights;
		this.warnings = opened.warnings;
		this.#opened = opened;
	}

	/**
	 * Checks the configuration and the weights' names and shapes; the weights are read at the first `predict` of a size.
	 * @throws CheckpointError when they do not belong together, or ask for something that is not supported.
	 */
	static async load(files: ModelFiles, options: SessionOptions & WeightOptions = {}): Promise<UNet2DCondition> {
		options.signal?.throwIfAborted();
		return new UNet2DCondition(openUNet(files, options));
	}

	/** @throws CheckpointError naming a factor that does not fit its layer. */
	checkLora(layers: LoraLayers): readonly string[] {
		return this.#opened.checkLora(layers);
	}

	/**
	 * Reads the weights for latents of one size, so that the first `predict` does not wait for them; another size reads them anew.
	 * @throws DeviceError when the device cannot run the network.
	 */
	async prepare(height: number, width: number, options: AdaptedRunOptions = {}): Promise<void> {
		await this.#opened.withFeedback.release();
		await this.#opened.session.prepare(height, width, options);
	}

	get channels(): number {
		return this.config.out_channels;
	}

	/** Those of a network that inpaints; undefined for others. */
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

	/** Whether it was distilled with guidance, and looks at no negative condition. */
	get takesGuidance(): boolean {
		return this.config.time_cond_proj_dim !== null;
	}

	get pooledWidth(): number | undefined {
		return pooledWidthOf(this.config);
	}

	/**
	 * One step: the predicted noise, or velocity, as the checkpoint was trained: `[n · pictures, out_channels, height, width]`.
	 * @throws ArgumentError when a shape is not one the network takes; CheckpointError when a weight turns out to be no number.
	 */
	async predict(
		feeds: DenoiserFeeds,
		{ signal }: { signal?: AbortSignal | undefined } = {},
	): Promise<Tensor<"float32">> {
		checkFeeds(this, feeds);
		await this.#opened.withFeedback.release();
		const each = this.config.addition_embed_type !== null;
		return this.#checked(await (each ? this.#predictEach(feeds, signal) : this.#predictAll(feeds, signal)), signal);
	}

	/**
	 * One step as FABRIC does it: pictures under the prompt's condition look at the liked ones too wherever they look at themselves,
	 * those under the negative condition at the disliked ones. For each picture two conditions, the negative ones first.
	 * @throws ArgumentError when a shape is not one the network takes, without feedback, and for SDXL's network.
	 */
	async predictWithFeedback(
		feeds: DenoiserFeeds,
		feedback: Feedback,
		{ signal }: { signal?: AbortSignal | undefined } = {},
	): Promise<Tensor<"float32">> {
		this.#refuseFeedback();
		checkFeeds(this, feeds);
		const { sample, encoderHiddenStates, groups, kinds, logWeights } = feedbackFeeds(feeds, feedback, this.depths);
		const inputs = {
			sample,
			...this.#time(feeds),
			encoder_hidden_states: encoderHiddenStates,
			groups,
			kinds,
			log_weights: logWeights,
		};
		const [, , height, width] = sample.dims as [number, number, number, number];
		await this.#opened.session.release();
		const { predicted } = await this.#opened.withFeedback.run(height, width, inputs, { signal, loras: feeds.loras });
		const { data, dims } = await this.#checked(predicted!, signal);
		const [pictures] = feeds.sample.dims as [number];
		const size = data.length / dims[0]!;
		return float32(data.subarray(data.length - 2 * pictures * size), [2 * pictures, ...dims.slice(1)]);
	}

	/** Resolutions that attention may be at: those of the blocks of one way, and the middle. */
	get depths(): number {
		return this.config.block_out_channels.length + 1;
	}

	/** What the conditions of a picture share is computed once. */
	async #predictAll(given: DenoiserFeeds, signal: AbortSignal | undefined): Promise<Tensor<"float32">> {
		const { sample, encoderHiddenStates } = given;
		const [pictures = 1, , height = 0, width = 0] = sample.dims;
		const copies = BigInt(encoderHiddenStates.dims[0]! / pictures);
		const feeds = {
			sample,
			...this.#time(given),
			encoder_hidden_states: encoderHiddenStates,
			copies: { type: "int64", dims: [1], data: BigInt64Array.of(copies) } as const,
		};
		return (await this.#opened.session.run(height, width, feeds, { signal, loras: given.loras })).predicted!;
	}

	/**
	 * What is made of a condition and added to the time parts the pictures from the first block on. One at a time, the time's
	 * embedding stays a part of the convolutions' biases: as fast as two at a time, and 0.3 GB less memory at 128 × 128 latents.
	 */
	#predictEach(feeds: DenoiserFeeds, signal: AbortSignal | undefined): Promise<Tensor<"float32">> {
		const [, , height = 0, width = 0] = feeds.sample.dims;
		const added = this.config.addition_embed_type === "text_time" ? addedCondition(this.config, feeds) : undefined;
		const time = this.#time(feeds);
		const { channels, maskChannels, multiple, width: ofCondition } = this;
		const shapes = { channels, maskChannels, multiple, width: ofCondition, pooledWidth: added?.dims[1] };
		return predictEach(shapes, { ...feeds, pooledProjections: added }, async (one) => {
			const inputs = {
				sample: one.sample,
				...time,
				...(added && { added: one.pooledProjections! }),
				encoder_hidden_states: one.encoderHiddenStates,
			};
			return (await this.#opened.session.run(height, width, inputs, { signal, loras: feeds.loras })).predicted!.data;
		});
	}

	/** @throws ArgumentError for a network that a picture's look at others has no place in. */
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

	/** What is no number is the weights' fault, where one of them is none. */
	async #checked(predicted: Tensor<"float32">, signal: AbortSignal | undefined): Promise<Tensor<"float32">> {
		if (!predicted.data.every(Number.isFinite)) await refuseDamagedWeights({ ...this.#opened, signal });
		return predicted;
	}

	/** The time, and the guidance scale where the network was distilled with it. */
	#time({ timestep, guidance }: DenoiserFeeds): Record<string, Tensor<"float32">> {
		const { block_out_channels, time_embedding_type, time_cond_proj_dim: width } = this.config;
		const frequencies = block_out_channels[0]!;
		const time =
			time_embedding_type === "fourier"
				? float32(Float32Array.of(timestep), [1, 1])
				: float32(timestepEmbedding(timestep, frequencies, this.config), [1, frequencies]);
		return { timestep: time, ...(width !== null && { guidance: guidanceEmbedding(guidance, width) }) };
	}

	/** Frees the weights' memory. */
	async release(): Promise<void> {
		await Promise.all([this.#opened.session.release(), this.#opened.withFeedback.release()]);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}
