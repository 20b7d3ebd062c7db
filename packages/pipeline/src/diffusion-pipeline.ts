import { type Autoencoder, type Denoiser, type SchedulerName, schedulerNamesFor } from "@drum/diffusion";
import type { Device, WeightDtype, WeightOptions } from "@drum/graph";
import {
	type Condition,
	checkPrompts,
	type Encoders,
	type Mix,
	ownRows,
	type Personalizable,
	type Readings,
} from "@drum/peca";
import { ArgumentError, checkNames, shown, type Warning } from "@drum/tensor";
import { readCall } from "./call-texts.ts";
import { checkModelOptions } from "./check-model-options.ts";
import { checkOptions, GENERATE_OPTIONS } from "./check-options.ts";
import type { CheckpointOptions } from "./checkpoint-options.ts";
import { plainCondition } from "./conditions.ts";
import type { FoundationModel } from "./foundation-model.ts";
import { type GenerateResult, generate } from "./generate.ts";
import type { HeldAs } from "./memory.ts";
import { openFileParts, openParts } from "./open-parts.ts";
import { checkOpening } from "./opening-options.ts";
import type { GenerateOptions } from "./options.ts";
import { guidanceOf, planRun } from "./plan-run.ts";
import { inTurn } from "./progress.ts";
import { openPictures } from "./start/open-pictures.ts";

export interface PipelineOptions extends CheckpointOptions {
	/** Where the models run; tried before anything is downloaded. Default `"cpu"`. */
	device?: Device | undefined;
	/** Threads of one operator. Default: as many as the machine runs at once. */
	threads?: number | undefined;
	/**
	 * T5's rows of a prompt, 1 to 512, for plain and personalised pictures alike. Default: 256 with a profile, as the published adapter was
	 * trained; without one diffusers' 256 for SD 3 and 512 for FLUX. SD 3 and FLUX.
	 */
	maxSequenceLength?: number | undefined;
	/**
	 * How the weights of the denoiser, of T5 and of the VAE are held and computed with, one for all or each. `"int8"` computes in 8 bits:
	 * on a CPU about twice as fast as float32, and nearer to it than bfloat16 is. `"int4"` holds matrices in 4 bits, for memory; the VAE
	 * stays as it is. Both are made of the checkpoint's own weights when they are first needed, and kept beside the hub's cache. A profile
	 * belongs to the dtype of its T5. Default `"auto"`, as they are stored: float32 in memory on a CPU, which has no other.
	 */
	dtype?: WeightDtype | HeldAs | undefined;
	/** Called as weights are quantised. */
	onQuantize?: WeightOptions["onQuantize"];
	/**
	 * Frees the text encoders before denoising and the denoiser before decoding, so that memory holds one of them at a time; they load
	 * again for the next picture. Default: when all together would fill more than three quarters of the machine's memory.
	 */
	offload?: boolean | undefined;
}

/** What the condition of a prompt depends on, as `generate` takes it. */
export type EncodePromptOptions = Pick<GenerateOptions, (typeof ENCODE_PROMPT_OPTIONS)[number]>;

const ENCODE_PROMPT_OPTIONS = [
	"signal",
	"prompt2",
	"prompt3",
	"promptSyntax",
	"clipSkip",
	"maxSequenceLength",
] as const;

/** What a pipeline is made of. */
export interface PipelineParts {
	name: string;
	model: FoundationModel;
	mix: Mix;
	encoders: Encoders;
	denoiser: Denoiser;
	vae: Autoencoder;
	previewVae?: Autoencoder | undefined;
	vaeSource?: string | undefined;
	scheduler: unknown;
	forceZerosForEmptyPrompt: boolean;
	device: Device;
	threads: number | undefined;
	tokens: number;
	offload: boolean;
	maxSequenceLength?: number | undefined;
	warnings?: readonly Warning[] | undefined;
}

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
	/** The hub id or the folder of the VAE, where the opening named another than the checkpoint's. */
	readonly vaeSource: string | undefined;
	/** `scheduler_config.json`, parsed, as the pipeline uses it. */
	readonly schedulerConfig: unknown;
	readonly forceZerosForEmptyPrompt: boolean;
	readonly device: Device;
	readonly threads: number | undefined;
	/** Rows of a condition. */
	readonly tokens: number;
	readonly offload: boolean;
	/** T5's rows of a prompt, where the opening said so. */
	readonly maxSequenceLength: number | undefined;
	/** What was found when it was opened: parts that are not run, weights that are not used. */
	readonly warnings: readonly Warning[];

	constructor(parts: PipelineParts) {
		this.name = parts.name;
		this.model = parts.model;
		this.mix = parts.mix;
		this.encoders = parts.encoders;
		this.denoiser = parts.denoiser;
		this.vae = parts.vae;
		this.previewVae = parts.previewVae;
		this.vaeSource = parts.vaeSource;
		this.schedulerConfig = parts.scheduler;
		this.forceZerosForEmptyPrompt = parts.forceZerosForEmptyPrompt;
		this.device = parts.device;
		this.threads = parts.threads;
		this.tokens = parts.tokens;
		this.offload = parts.offload;
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
		source: string,
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
		source: string,
		options: PipelineOptions & { models: readonly FoundationModel[] },
	): Promise<DiffusionPipeline> {
		checkOpening("DiffusionPipeline.fromSingleFile", options, ["models"]);
		const { models, ...rest } = options;
		return new DiffusionPipeline(await openFileParts(source, models, rest));
	}

	/** The samplers that can take the place of the checkpoint's own, for the option `scheduler`. */
	get schedulers(): readonly SchedulerName[] {
		return schedulerNamesFor(this.schedulerConfig);
	}

	/** What each encoder reads with a profile; `clipSkip` and another `maxSequenceLength` than the adapter's are refused. */
	textsOf(prompts: readonly string[], options: GenerateOptions): Readings {
		const { prompt2, prompt3, promptSyntax, clipSkip, maxSequenceLength } = options;
		const rows = ownRows(this.encoders);
		const next = "Leave it out, or draw without a profile by the pipeline's own generate";
		if (clipSkip) {
			const expected = "none for drum.generate: a profile has the states of the layers in the paper's Table 1";
			throw new ArgumentError({ what: "clipSkip", expected, found: shown(clipSkip), next });
		}
		if (maxSequenceLength !== undefined && maxSequenceLength !== rows) {
			const expected = `${rows ?? "none"} for drum.generate, as the adapter was made for`;
			throw new ArgumentError({ what: "maxSequenceLength", expected, found: shown(maxSequenceLength), next });
		}
		checkOptions({ prompt2, prompt3, promptSyntax }, prompts.length);
		checkModelOptions({ prompt2, prompt3 }, this.model);
		return readCall(this, prompts, guidanceOf(this, options) !== undefined, options).texts!;
	}

	/** The names of all options that a `generate` may be given; which of them this model takes, `checkOptions` says. */
	get optionNames(): readonly string[] {
		return GENERATE_OPTIONS;
	}

	/** Throws for options that `generate` would refuse for so many prompts; nothing is loaded. */
	checkOptions(options: GenerateOptions, prompts = 1): void {
		planRun(this, new Array<string>(prompts).fill(""), options);
	}

	/** The options with the pictures that they give read from where they are; throws for what is no picture. */
	openPictures(options: GenerateOptions): Promise<GenerateOptions> {
		return openPictures(options);
	}

	/** The condition of prompts without a profile: `promptEmbeds` `[prompts, tokens, width]`, and for SDXL, SD 3 and FLUX the pooled one. */
	async encodePrompt(prompts: string | readonly string[], options: EncodePromptOptions = {}): Promise<Condition> {
		checkNames("encodePrompt", options, ENCODE_PROMPT_OPTIONS);
		const { signal } = options;
		const { texts, rows, clipSkip } = planRun(this, checkPrompts(prompts), options);
		return plainCondition(this, texts!, { rows, clipSkip, signal });
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
