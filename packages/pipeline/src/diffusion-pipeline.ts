import { type AutoencoderKL, type Denoiser, type SchedulerName, schedulerNamesFor } from "@drum/diffusion";
import type { Device, WeightDtype, WeightOptions } from "@drum/graph";
import { type Condition, checkPrompts, type Encoders, type Mix, type Personalizable } from "@drum/peca";
import { checkNames, type Warning } from "@drum/tensor";
import type { CheckpointOptions } from "./checkpoint.ts";
import { plainCondition } from "./conditions.ts";
import type { FoundationModel } from "./foundation-model.ts";
import { type GenerateResult, generate } from "./generate.ts";
import { openParts } from "./open-parts.ts";
import { checkOpening } from "./opening-options.ts";
import { GENERATE_OPTIONS, type GenerateOptions } from "./options.ts";
import { planRun } from "./plan-run.ts";
import { inTurn } from "./progress.ts";

export interface PipelineOptions extends CheckpointOptions {
	/** Where the models run; tried before anything is downloaded. Default `"cpu"`. */
	device?: Device | undefined;
	/** Threads of one operator. Default: as many as the machine runs at once. */
	threads?: number | undefined;
	/** T5's rows of a prompt, 1 to 512. Default 256, which the published adapter needs. SD 3 and FLUX. */
	maxSequenceLength?: number | undefined;
	/**
	 * How the weights of the denoiser and of T5 are held, one for both or each: `"int8"` and `"int4"` are made of the checkpoint's own
	 * when they are first needed, and kept beside the hub's cache. A profile belongs to the dtype of its T5. Default `"auto"`, as they
	 * are stored: float32 in memory on a CPU, which has no other.
	 */
	dtype?: WeightDtype | { denoiser?: WeightDtype | undefined; T5?: WeightDtype | undefined } | undefined;
	/** Called as weights are quantised. */
	onQuantize?: WeightOptions["onQuantize"];
	/**
	 * Frees the text encoders before denoising and the denoiser before decoding, so that memory holds one of them at a time; they load
	 * again for the next picture. Default: when all together would fill more than three quarters of the machine's memory.
	 */
	offload?: boolean | undefined;
}

/** What a pipeline is made of. */
export interface PipelineParts {
	name: string;
	model: FoundationModel;
	mix: Mix;
	encoders: Encoders;
	denoiser: Denoiser;
	vae: AutoencoderKL;
	scheduler: unknown;
	forceZerosForEmptyPrompt: boolean;
	device: Device;
	threads: number | undefined;
	tokens: number;
	offload: boolean;
	warnings?: readonly Warning[] | undefined;
}

/** A foundation model, from a checkpoint in the hub's layout to pictures. Each part is loaded when it is first needed. */
export class DiffusionPipeline implements Personalizable<GenerateOptions, GenerateResult>, AsyncDisposable {
	readonly name: string;
	readonly model: FoundationModel;
	/** The model's row of Table 1, as this checkpoint has it. */
	readonly mix: Mix;
	readonly encoders: Encoders;
	/** The denoiser; its weights are loaded at the first step. */
	readonly denoiser: Denoiser;
	/** The decoder; its weights are loaded for the first picture. */
	readonly vae: AutoencoderKL;
	/** `scheduler_config.json`, parsed, as the pipeline uses it. */
	readonly schedulerConfig: unknown;
	readonly forceZerosForEmptyPrompt: boolean;
	readonly device: Device;
	readonly threads: number | undefined;
	/** Rows of a condition. */
	readonly tokens: number;
	readonly offload: boolean;
	/** What was found when it was opened: parts that are not run, weights that are not used. */
	readonly warnings: readonly Warning[];

	constructor(parts: PipelineParts) {
		this.name = parts.name;
		this.model = parts.model;
		this.mix = parts.mix;
		this.encoders = parts.encoders;
		this.denoiser = parts.denoiser;
		this.vae = parts.vae;
		this.schedulerConfig = parts.scheduler;
		this.forceZerosForEmptyPrompt = parts.forceZerosForEmptyPrompt;
		this.device = parts.device;
		this.threads = parts.threads;
		this.tokens = parts.tokens;
		this.offload = parts.offload;
		this.warnings = parts.warnings ?? [];
	}

	/**
	 * Opens a checkpoint of one of `models`: a folder, or a hub id, whose files are downloaded once. What it is, is read in its
	 * `model_index.json`. Configurations and the shape of every weight are checked; the weights are loaded when they are needed.
	 * @throws ArgumentError, DeviceError for options that cannot be, before any download; FileError, DownloadError for files that
	 * cannot be had; CheckpointError for a checkpoint of another kind, or one that is damaged.
	 */
	static async fromPretrained(
		source: string,
		options: PipelineOptions & { models: readonly FoundationModel[] },
	): Promise<DiffusionPipeline> {
		checkOpening("DiffusionPipeline.fromPretrained", options, ["models"]);
		const { models, ...rest } = options;
		return new DiffusionPipeline(await openParts(source, models, rest));
	}

	/** The samplers that can take the place of the checkpoint's own, for the option `scheduler`. */
	get schedulers(): readonly SchedulerName[] {
		return schedulerNamesFor(this.schedulerConfig);
	}

	/** The names of all options that a `generate` may be given; which of them this model takes, `checkOptions` says. */
	get optionNames(): readonly string[] {
		return GENERATE_OPTIONS;
	}

	/** Throws for options that `generate` would refuse for so many prompts; nothing is loaded. */
	checkOptions(options: GenerateOptions, prompts = 1): void {
		planRun(this, new Array<string>(prompts).fill(""), options);
	}

	/** The condition of prompts without a profile: `promptEmbeds` `[prompts, tokens, width]`, and for SDXL, SD 3 and FLUX the pooled one. */
	async encodePrompt(
		prompts: string | readonly string[],
		options: { signal?: AbortSignal | undefined } = {},
	): Promise<Condition> {
		checkNames("encodePrompt", options, ["signal"]);
		const { signal } = options;
		return plainCondition(this, checkPrompts(prompts), "prompt", signal);
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
		await Promise.all([this.denoiser.release(), this.vae.release(), this.releaseEncoders()]);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}
