import { type Autoencoder, type Denoiser, type SchedulerName, schedulerNamesFor } from "@drum/diffusion";
import type { Device, WeightOptions } from "@drum/graph";
import type { WeightsSource } from "@drum/hub";
import { type Condition, checkPrompts, type Encoders, type Mix, type Personalizable, type Readings } from "@drum/peca";
import { checkNames, type Warning } from "@drum/tensor";
import { GENERATE_OPTIONS } from "./check-options.ts";
import { plainCondition } from "./conditions.ts";
import type { FoundationModel } from "./foundation-model.ts";
import { type GenerateResult, generate } from "./generate.ts";
import type { LoadedLora, LoadLoraOptions } from "./lora/loaded-lora.ts";
import { type CallLoras, Loras } from "./lora/loras.ts";
import { fits } from "./memory.ts";
import { openFileParts, openParts } from "./open-parts.ts";
import { checkOpening } from "./opening-options.ts";
import { ENCODE_PROMPT_OPTIONS, type EncodePromptOptions, type GenerateOptions } from "./options.ts";
import { personalReadings } from "./personal-readings.ts";
import type { PipelineOptions, PipelineParts } from "./pipeline-parts.ts";
import { planRun } from "./plan-run.ts";
import { PreparedCalls } from "./prepared-calls.ts";
import { inTurn } from "./progress.ts";
import {
	type LoadedTextualInversion,
	type TextualInversionOptions,
	TextualInversions,
} from "./textual-inversion/textual-inversions.ts";

/** A foundation model, from a checkpoint in the hub's layout, or in one file, to pictures. Each part is loaded when it is first needed. */
export class DiffusionPipeline implements Personalizable<GenerateOptions, GenerateResult>, AsyncDisposable {
	readonly name: string;
	readonly model: FoundationModel;
	/** The model's row of Table 1, as this checkpoint has it. */
	readonly mix: Mix;
	readonly encoders: Encoders;
	/** The denoiser; its weights are loaded at the first step. */
	readonly denoiser: Denoiser;
	/** The decoder; its weights are loaded for the first picture. */
	readonly vae: Autoencoder;
	/** The decoder of previews, where the opening named one. */
	readonly previewVae: Autoencoder | undefined;
	/** The places of text encoders, by their names, where the opening named others than the checkpoint's. */
	readonly encoderSources: Readonly<Record<string, string>> | undefined;
	/** The place of the denoiser, where the opening named another than the checkpoint's. */
	readonly denoiserSource: string | undefined;
	/** The hub id or the folder of the VAE, where the opening named another than the checkpoint's. */
	readonly vaeSource: string | undefined;
	/** `scheduler_config.json`, parsed, as the pipeline uses it. */
	readonly schedulerConfig: unknown;
	readonly forceZerosForEmptyPrompt: boolean;
	readonly device: Device;
	readonly threads: number | undefined;
	/** How DrUM's adapters are held. */
	readonly adapterWeights: WeightOptions | undefined;
	/** Rows of a condition. */
	readonly tokens: number;
	/** T5's rows of a prompt, where the opening said so. */
	readonly maxSequenceLength: number | undefined;
	/** What was found when it was opened: parts that are not run, weights that are not used. */
	readonly warnings: readonly Warning[];
	readonly #loras = new Loras(this);
	readonly #calls = new PreparedCalls(this.#loras);
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
	 * Opens a checkpoint of one of `models`: a folder, or a hub id, whose files are downloaded once, or a single safetensors file, as
	 * `fromSingleFile`. What it is, is read in its `model_index.json`, or in the file's names. Configurations and the shape of every
	 * weight are checked; the weights are loaded when they are needed.
	 * @throws ArgumentError, DeviceError for options that cannot be, before any download; FileError, DownloadError for files that
	 * cannot be had; CheckpointError for a checkpoint of another kind, or one that is damaged.
	 */
	static async fromPretrained(
		source: WeightsSource,
		options: PipelineOptions & { models: readonly FoundationModel[] },
	): Promise<DiffusionPipeline> {
		checkOpening("DiffusionPipeline.fromPretrained", options, ["models"]);
		const { models, ...rest } = options;
		return new DiffusionPipeline(await openParts(source, models, rest));
	}

	/**
	 * Opens a checkpoint in one safetensors file: a path, a hub id with the file's path behind it
	 * (`"owner/name/model.safetensors"`), of which that file alone is downloaded, or its address on the hub. Parts that it lacks are
	 * given as `vae` and `encoders`.
	 * @throws ArgumentError for what is no file; what `fromPretrained` throws
	 */
	static async fromSingleFile(
		source: WeightsSource,
		options: PipelineOptions & { models: readonly FoundationModel[] },
	): Promise<DiffusionPipeline> {
		checkOpening("DiffusionPipeline.fromSingleFile", options, ["models"]);
		const { models, ...rest } = options;
		return new DiffusionPipeline(await openFileParts(source, models, rest));
	}

	/**
	 * Teaches the text encoders a token by textual inversion: a `.safetensors` file, a folder or a hub id, whose file is downloaded once.
	 * In prompts and negative prompts the token then stands for the file's rows. Waits for the pictures that are being drawn; the
	 * encoders load again when they are next used. A profile whose prompts have the token belongs to it.
	 * @throws ArgumentError for options that cannot be, or a token that there is already; CheckpointError for a file of another kind, for
	 * another model, or one that is damaged; what the opening of a checkpoint throws. Then all stays as it was.
	 */
	loadTextualInversion(source: WeightsSource, options: TextualInversionOptions = {}): Promise<LoadedTextualInversion> {
		return this.#inversions.add(source, options, (change) => this.#calls.between(change, options));
	}

	/**
	 * Takes a token away again.
	 * @throws ArgumentError for one that is not loaded.
	 */
	unloadTextualInversion(token: string): Promise<void> {
		return this.#calls.between(() => this.#inversions.unload(token));
	}

	/** The textual inversions that are loaded, in their order. */
	get textualInversions(): readonly LoadedTextualInversion[] {
		return this.#inversions.loaded;
	}

	/** The samplers that can take the place of the checkpoint's own, for the option `scheduler`. */
	get schedulers(): readonly SchedulerName[] {
		return schedulerNamesFor(this.schedulerConfig);
	}

	/** Whether each model is freed for the next: as the opening said, or where all of them and the LoRAs would not fit into memory. */
	get offload(): boolean {
		const { offload, kept = 0 } = this.#memory;
		return offload ?? !fits(kept + this.#loras.bytes);
	}

	/** The same of a call that begins from a picture, which the VAE's encoder reads. */
	get offloadFromImage(): boolean {
		const { offload, kept = 0, keptFromImage = kept } = this.#memory;
		return offload ?? !fits(keptFromImage + this.#loras.bytes);
	}

	/** The LoRAs that are loaded, in their order. */
	get loras(): readonly LoadedLora[] {
		return this.#loras.loaded;
	}

	/**
	 * Adds a LoRA to the denoiser and the text encoders: a `.safetensors` file, a folder or a hub id, whose file is downloaded once. The
	 * models' weights stay as they are; those that it changes load again when they are next used, and not for another scale.
	 * @throws ArgumentError for options that cannot be, or a name that is taken; CheckpointError for a file that is no LoRA, of a kind that
	 * is not supported, one for another model, or one that is damaged; what the opening of a checkpoint throws.
	 */
	loadLora(source: WeightsSource, options: LoadLoraOptions = {}): Promise<LoadedLora> {
		return this.#loras.load(source, options);
	}

	/** Takes a LoRA away again; calls that were made before keep it to their end. Throws ArgumentError for a name that none has. */
	async unloadLora(name: string): Promise<void> {
		this.#loras.unload(name);
	}

	/** The encoders of a call, under those LoRAs that change them. */
	encodersOf(options: Pick<GenerateOptions, "loras">): Encoders {
		return this.lorasOf(options).encoders;
	}

	/** The LoRAs of a call with these options. */
	lorasOf({ loras }: Pick<GenerateOptions, "loras">): CallLoras {
		return this.#loras.under(loras);
	}

	/** What each encoder reads with a profile; `clipSkip` and another `maxSequenceLength` than the adapter's are refused. */
	textsOf(prompts: readonly string[], options: GenerateOptions): Readings {
		return personalReadings(this, prompts, options);
	}

	/** The names of all options that a `generate` may be given; which of them this model takes, `checkOptions` says. */
	get optionNames(): readonly string[] {
		return GENERATE_OPTIONS;
	}

	/** Throws for options that `generate` would refuse for so many prompts; nothing is loaded. */
	checkOptions(options: GenerateOptions, prompts = 1): void {
		planRun(this, new Array<string>(prompts).fill(""), options);
	}

	/** The options with their pictures read and their LoRAs held; throws for what is no picture, and for LoRAs that are not there. */
	openPictures(options: GenerateOptions): Promise<GenerateOptions> {
		return this.#calls.prepare(options);
	}

	/** The condition of prompts without a profile: `promptEmbeds` `[prompts, tokens, width]`, and for SDXL, SD 3 and FLUX the pooled one. */
	async encodePrompt(prompts: string | readonly string[], options: EncodePromptOptions = {}): Promise<Condition> {
		checkNames("encodePrompt", options, ENCODE_PROMPT_OPTIONS);
		const { signal } = options;
		const { texts, rows, clipSkip, loras } = planRun(this, checkPrompts(prompts), options);
		return plainCondition(this, texts!, { rows, clipSkip, signal, loras });
	}

	/**
	 * Draws pictures of one prompt or several, or of their condition. Calls at once are drawn one after another (`caller`).
	 * @throws ArgumentError naming the option that is wrong, before anything is loaded; the signal's reason.
	 */
	generate(prompt: string | readonly string[] | Condition, options: GenerateOptions = {}): Promise<GenerateResult> {
		return generate(this, prompt, options);
	}

	/** Runs `task` when the turn of a call with these options has come; a `generate` within it does not wait again. */
	inTurn<T>(options: GenerateOptions, task: () => Promise<T>): Promise<T> {
		return inTurn(options, task);
	}

	/** Frees the text encoders' memory; they load again when they are next used. */
	async releaseEncoders(): Promise<void> {
		await Promise.all(Object.values(this.encoders).map((encoder) => encoder?.release()));
	}

	/** Frees the memory of all models; they load again when they are next used. */
	async release(): Promise<void> {
		const { denoiser, vae, previewVae } = this;
		await Promise.all([denoiser.release(), vae.release(), previewVae?.release(), this.releaseEncoders()]);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}
