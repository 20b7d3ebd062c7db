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

/** Draws pictures with a foundation model, opened from a checkpoint in the hub's layout or in one file. Each part loads when it is first needed. */
export class DiffusionPipeline extends OpenedPipeline implements Personalizable<GenerateOptions, GenerateResult> {
	/**
	 * Opens a checkpoint of one of `models`: a folder, a hub id whose files are downloaded once, or a single safetensors file, as
	 * `fromSingleFile` does. The checkpoint's `model_index.json`, or the tensor names in the file, show which model it is. Configurations
	 * and the shape of every weight are checked here. The weights load when they are first needed.
	 * @throws ArgumentError, DeviceError for wrong options or a device that does not work, before any download; FileError, DownloadError
	 * for files that are missing or cannot be fetched; CheckpointError for a checkpoint of another kind, or a damaged one.
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
	 * Opens a checkpoint in one safetensors file: its path, its address on the hub, or a hub id followed by the file's path, such as
	 * `"owner/name/model.safetensors"`. Only that file is downloaded. Give parts that it lacks as `vae` and `encoders`.
	 * @throws ArgumentError if `source` is not the place of a file; otherwise as `fromPretrained`
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
	 * What each encoder reads when a profile personalises the prompts.
	 * @throws ArgumentError for `clipSkip`, and for a `maxSequenceLength` other than the adapter's.
	 */
	textsOf(prompts: readonly string[], options: GenerateOptions): Promise<Readings> {
		return personalReadings(this, prompts, options);
	}

	/** What each encoder reads as the prompt and as the negative prompt, with a profile that has dislikes. Throws as `textsOf`. */
	sidesOf(prompts: readonly string[], options: GenerateOptions): Promise<CallSides> {
		return personalSides(this, prompts, options);
	}

	/** The names of all options of `generate`, for all models. `checkOptions` rejects those that this model does not take. */
	get optionNames(): readonly string[] {
		return GENERATE_OPTIONS;
	}

	/** Checks the options as `generate` does for this number of prompts, and loads nothing. @throws ArgumentError naming the wrong option. */
	async checkOptions(options: GenerateOptions, prompts = 1): Promise<void> {
		await planRun(this, new Array<string>(prompts).fill(""), options);
	}

	/**
	 * The condition of prompts without a profile: `promptEmbeds` `[prompts, tokens, width]`, and for SDXL, SD 3 and FLUX also
	 * `pooledPromptEmbeds` `[prompts, width]`.
	 * @throws ArgumentError naming the wrong option, before anything is loaded; the signal's reason.
	 */
	async encodePrompt(prompts: string | readonly string[], options: EncodePromptOptions = {}): Promise<Condition> {
		checkNames("encodePrompt", options, ENCODE_PROMPT_OPTIONS);
		const { signal } = options;
		const { texts, rows, clipSkip, loras } = await planRun(this, checkPrompts(prompts), options);
		return plainCondition(this, texts!, { rows, clipSkip, signal, loras });
	}

	/**
	 * Draws pictures from one prompt, from several, or from their condition. Simultaneous calls draw one after another: see `caller`.
	 * @throws ArgumentError naming the wrong option, before anything is loaded; the signal's reason.
	 */
	generate(prompt: string | readonly string[] | Condition, options: GenerateOptions = {}): Promise<GenerateResult> {
		return generate(this, prompt, options);
	}

	/** Waits for the turn of a call with these options, then runs `task`. A `generate` within `task` does not wait again. */
	inTurn<T>(options: GenerateOptions, task: () => Promise<T>): Promise<T> {
		return inTurn(options, task);
	}
}
