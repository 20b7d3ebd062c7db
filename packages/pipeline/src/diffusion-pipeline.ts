import type { WeightsSource } from "@drum/hub";
import { type CallSides, type Condition, checkPrompts, type Personalizable, type Readings } from "@drum/peca";
import { checkNames } from "@drum/tensor";
import { GENERATE_OPTIONS } from "./check-options.ts";
import { plainCondition } from "./conditions.ts";
import type { FoundationModel } from "./foundation-model.ts";
import { type GenerateResult, generate } from "./generate.ts";
import { openFileParts, openParts } from "./open-parts.ts";
import { OpenedPipeline } from "./opened-pipeline.ts";
import { checkOpening } from "./opening-options.ts";
import { ENCODE_PROMPT_OPTIONS, type EncodePromptOptions, type GenerateOptions } from "./options.ts";
import { personalReadings, personalSides } from "./personal-readings.ts";
import type { PipelineOptions } from "./pipeline-parts.ts";
import { planRun } from "./plan-run.ts";
import { inTurn } from "./progress.ts";

/** A foundation model, from a checkpoint in the hub's layout, or in one file, to pictures. Each part is loaded when it is first needed. */
export class DiffusionPipeline extends OpenedPipeline implements Personalizable<GenerateOptions, GenerateResult> {
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

	/** What each encoder reads with a profile; `clipSkip` and another `maxSequenceLength` than the adapter's are refused. */
	textsOf(prompts: readonly string[], options: GenerateOptions): Promise<Readings> {
		return personalReadings(this, prompts, options);
	}

	/** What each encoder reads on both sides, with a profile that has dislikes. */
	sidesOf(prompts: readonly string[], options: GenerateOptions): Promise<CallSides> {
		return personalSides(this, prompts, options);
	}

	/** The names of all options that a `generate` may be given; which of them this model takes, `checkOptions` says. */
	get optionNames(): readonly string[] {
		return GENERATE_OPTIONS;
	}

	/** Rejects for options that `generate` would refuse for so many prompts; nothing is loaded. */
	async checkOptions(options: GenerateOptions, prompts = 1): Promise<void> {
		await planRun(this, new Array<string>(prompts).fill(""), options);
	}

	/** The condition of prompts without a profile: `promptEmbeds` `[prompts, tokens, width]`, and for SDXL, SD 3 and FLUX the pooled one. */
	async encodePrompt(prompts: string | readonly string[], options: EncodePromptOptions = {}): Promise<Condition> {
		checkNames("encodePrompt", options, ENCODE_PROMPT_OPTIONS);
		const { signal } = options;
		const { texts, rows, clipSkip, loras } = await planRun(this, checkPrompts(prompts), options);
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
}
