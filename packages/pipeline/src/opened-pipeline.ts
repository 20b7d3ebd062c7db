import { type Autoencoder, type Denoiser, type SchedulerName, schedulerNamesFor } from "@drum/diffusion";
import type { Device, WeightOptions } from "@drum/graph";
import type { WeightsSource } from "@drum/hub";
import type { Encoders, Mix } from "@drum/peca";
import type { Warning } from "@drum/tensor";
import type { FoundationModel } from "./foundation-model.ts";
import type { LoadedLora, LoadLoraOptions } from "./lora/loaded-lora.ts";
import { type CallLoras, Loras } from "./lora/loras.ts";
import { fits } from "./memory.ts";
import type { GenerateOptions } from "./options.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import { PreparedCalls } from "./prepared-calls.ts";
import {
	type LoadedTextualInversion,
	type TextualInversionOptions,
	TextualInversions,
} from "./textual-inversion/textual-inversions.ts";

/** An opened checkpoint's parts, and the LoRAs and textual inversions that were loaded onto them. */
export abstract class OpenedPipeline implements AsyncDisposable {
	readonly name: string;
	readonly model: FoundationModel;
	/** The model's row of Table 1, as this checkpoint has it. */
	readonly mix: Mix;
	readonly encoders: Encoders;
	/** The denoiser. The first step loads its weights. */
	readonly denoiser: Denoiser;
	/** The VAE. The first picture loads its weights. */
	readonly vae: Autoencoder;
	/** The VAE for previews, if one was given. */
	readonly previewVae: Autoencoder | undefined;
	/** The places of text encoders, by their names, if they are not the checkpoint's own. */
	readonly encoderSources: Readonly<Record<string, string>> | undefined;
	/** The place of the denoiser, if it is not the checkpoint's own. */
	readonly denoiserSource: string | undefined;
	/** The hub id or the folder of the VAE, if it is not the checkpoint's own. */
	readonly vaeSource: string | undefined;
	/** `scheduler_config.json`, parsed, as the pipeline uses it. */
	readonly schedulerConfig: unknown;
	readonly forceZerosForEmptyPrompt: boolean;
	readonly device: Device;
	readonly threads: number | undefined;
	/** How DrUM's adapters are held in memory. */
	readonly adapterWeights: WeightOptions | undefined;
	/** Rows of a condition. */
	readonly tokens: number;
	/** T5's rows of a prompt, if the pipeline was opened with `maxSequenceLength`. */
	readonly maxSequenceLength: number | undefined;
	/** Warnings from opening the checkpoint: parts that are not run, weights that are not used. */
	readonly warnings: readonly Warning[];
	readonly #loras = new Loras(this);
	readonly #calls: PreparedCalls;
	readonly #memory: Pick<PipelineParts, "offload" | "kept" | "keptFromImage">;
	readonly #inversions: TextualInversions;

	constructor(parts: PipelineParts) {
		this.name = parts.name;
		this.model = parts.model;
		this.mix = parts.mix;
		this.encoders = parts.encoders;
		this.#inversions = parts.textualInversions ?? new TextualInversions(parts.encoders);
		this.denoiser = parts.denoiser;
		this.vae = parts.vae;
		this.previewVae = parts.previewVae;
		this.encoderSources = parts.encoderSources;
		this.denoiserSource = parts.denoiserSource;
		this.vaeSource = parts.vaeSource;
		this.schedulerConfig = parts.scheduler;
		this.#calls = new PreparedCalls(this.#loras, parts.scheduler);
		this.forceZerosForEmptyPrompt = parts.forceZerosForEmptyPrompt;
		this.device = parts.device;
		this.threads = parts.threads;
		this.adapterWeights = parts.adapterWeights;
		this.tokens = parts.tokens;
		this.#memory = parts;
		this.maxSequenceLength = parts.maxSequenceLength;
		this.warnings = parts.warnings ?? [];
	}

	/**
	 * Teaches the text encoders a token by textual inversion: a `.safetensors` file, a folder, or a hub id whose file is downloaded once. In
	 * prompts and negative prompts, the token then means the rows of the file. Waits until earlier calls have drawn. The encoders load again
	 * at their next use. A profile is only valid with the learned tokens in its prompts that it was made with: a call with it throws an
	 * `ArgumentError` unless the same rows are loaded under the same token.
	 * @throws ArgumentError for wrong options, or a token that exists already; CheckpointError for a damaged file, or one of another kind or
	 * for another model; otherwise as `fromPretrained`. After an error, nothing has changed.
	 */
	loadTextualInversion(source: WeightsSource, options: TextualInversionOptions = {}): Promise<LoadedTextualInversion> {
		return this.#inversions.add(source, options, (change) => this.#calls.between(change, options));
	}

	/**
	 * Removes a token.
	 * @throws ArgumentError for a token that is not loaded.
	 */
	unloadTextualInversion(token: string): Promise<void> {
		return this.#calls.between(() => this.#inversions.unload(token));
	}

	/** The textual inversions that are loaded, in their order. */
	get textualInversions(): readonly LoadedTextualInversion[] {
		return this.#inversions.loaded;
	}

	/** The names that the option `scheduler` takes: samplers that can replace the checkpoint's own. */
	get schedulers(): readonly SchedulerName[] {
		return schedulerNamesFor(this.schedulerConfig);
	}

	/** Whether each model is freed before the next one loads: as the option `offload` says, or if all of them would not fit into memory. */
	get offload(): boolean {
		const { offload, kept = 0 } = this.#memory;
		return offload ?? !fits(kept + this.#loras.bytes);
	}

	/** The same for a call that begins from a picture and also needs the VAE's encoder. */
	get offloadFromImage(): boolean {
		const { offload, kept = 0, keptFromImage = kept } = this.#memory;
		return offload ?? !fits(keptFromImage + this.#loras.bytes);
	}

	/** The LoRAs that are loaded, in their order. */
	get loras(): readonly LoadedLora[] {
		return this.#loras.loaded;
	}

	/**
	 * Adds a LoRA to the denoiser and the text encoders: a `.safetensors` file, a folder, or a hub id whose file is downloaded once. The
	 * models' own weights do not change. Models that the LoRA affects load again at their next use, but not for another scale.
	 * @throws ArgumentError for wrong options, or a name that is taken; CheckpointError for a file that is damaged, is not a supported LoRA,
	 * or belongs to another model; otherwise as `fromPretrained`.
	 */
	loadLora(source: WeightsSource, options: LoadLoraOptions = {}): Promise<LoadedLora> {
		return this.#loras.load(source, options);
	}

	/** Removes a LoRA. Calls made earlier keep it until they end. @throws ArgumentError for a name that no loaded LoRA has */
	async unloadLora(name: string): Promise<void> {
		this.#loras.unload(name);
	}

	/** The encoders of a call, with the LoRAs that change them. */
	encodersOf(options: Pick<GenerateOptions, "loras">): Encoders {
		return this.lorasOf(options).encoders;
	}

	/** The LoRAs of a call with these options. */
	lorasOf({ loras }: Pick<GenerateOptions, "loras">): CallLoras {
		return this.#loras.under(loras);
	}

	/** Reads the options' pictures and fixes their LoRAs. @throws ArgumentError for a value that is not a picture, or an unknown LoRA */
	openPictures(options: GenerateOptions): Promise<GenerateOptions> {
		return this.#calls.prepare(options);
	}

	/** Frees the text encoders' memory. They load again at their next use. */
	async releaseEncoders(): Promise<void> {
		await Promise.all(Object.values(this.encoders).map((encoder) => encoder?.release()));
	}

	/** Frees the memory of all models. They load again at their next use. */
	async release(): Promise<void> {
		const { denoiser, vae, previewVae } = this;
		await Promise.all([denoiser.release(), vae.release(), previewVae?.release(), this.releaseEncoders()]);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}
