import type { Device, WeightOptions } from "@drum/graph";
import type { RepositoryOptions, RepositorySource } from "@drum/hub";
import type { Condition, Encoders, Mix } from "./mix.ts";
import type { Profile } from "./profile.ts";
import type { PromptSyntax } from "./prompt-syntax.ts";
import type { Texts } from "./texts.ts";
import type { Readings } from "./weighted-rows.ts";

/** What a pipeline must offer so that DrUM can personalise it. The pipelines of these packages do. */
export interface Personalizable<Options extends object, Result> {
	/** The pipeline's name, for messages. */
	readonly name: string;
	/** How its condition is made from its encoders. */
	readonly mix: Mix;
	readonly encoders: Encoders;
	/** Where the adapters run. */
	readonly device: Device;
	/** Threads of the adapters. Default: as many as ONNX Runtime chooses. */
	readonly threads?: number | undefined;
	/** Precision of the adapters' weights. Default: as they are stored. */
	readonly adapterWeights?: WeightOptions | undefined;
	/** The names of the options that `generate` takes. If given, `drum.generate` refuses others. */
	readonly optionNames?: readonly string[] | undefined;
	/** Returns the options with their files (such as pictures) read, and with copies of what may change before the call's turn. */
	openPictures?(options: Options): Promise<Options>;
	/** Rejects options that `generate` would refuse, before anything that takes long. */
	checkOptions(options: Options, prompts: number): Promise<void>;
	/** Draws pictures of a condition. */
	generate(condition: Condition, options?: Options): Promise<Result>;
	/**
	 * What each encoder reads in a call, by the encoder's name, as options such as `prompt2` and `promptSyntax` say. Default: all encoders read
	 * the prompts.
	 * @throws for options that a personalised condition cannot have
	 */
	textsOf?(prompts: readonly string[], options: Options | PromptOptions): Readings | Promise<Readings>;
	/**
	 * What each encoder reads in a call with a profile that has dislikes, for the prompts and for the negative prompts. Without this, dislikes
	 * have no effect.
	 */
	sidesOf?(prompts: readonly string[], options: Options | PromptOptions): CallSides | Promise<CallSides>;
	/** The encoders of a call with these options, with the loaded LoRAs. Default: `encoders`. */
	encodersOf?(options: LoraOptions): Encoders;
	/** For a pipeline whose calls wait for each other: runs `task` when it is the call's turn. `generate` within `task` does not wait again. */
	inTurn?<T>(options: Options, task: () => Promise<T>): Promise<T>;
}

/** What encoders read in a call, for its prompts and for its negative prompts. */
export interface CallSides {
	/** The prompts. */
	readonly texts: Readings;
	/** The negative prompts, one for each prompt or one for all; the empty prompt by default. Undefined if the call has its own negative condition. */
	readonly negativeTexts: Readings | undefined;
	/** The negative prompts as they were written. They go into the condition, so that the pipeline can recognise them. */
	readonly negativeWords?: Texts | undefined;
	/** Whether the call uses guidance, and so the negative condition. */
	readonly guided: boolean;
}

/** Where the adapters come from. */
export interface AttachOptions extends RepositoryOptions {
	/** The adapters: a hub id, a folder, or files, with `L.safetensors`, … directly in it or in `weight/`. Default `"Burf/DrUM"`. */
	adapters?: RepositorySource | undefined;
}

/** Prompts that some of a model's encoders read instead of the first, with the names of diffusers. */
export interface PromptOptions {
	/** What the second encoder reads, one for all prompts or one for each. Default: the prompt. For SDXL, SD 3 and FLUX. */
	prompt2?: string | readonly string[] | undefined;
	/** What the third encoder reads. Default: the prompt. For SD 3. */
	prompt3?: string | readonly string[] | undefined;
}

/** How prompts are read. */
export interface SyntaxOptions {
	/**
	 * `"a1111"` reads prompts as A1111's web UI does: `(more)`, `(more:1.3)`, `[less]`, `\\(` for a bracket, BREAK, and texts of any length in
	 * chunks of 75 tokens. Default `"plain"`: a prompt is plain text, and is cut at an encoder's number of tokens.
	 */
	promptSyntax?: PromptSyntax | undefined;
}

/** The LoRAs of a call. */
export interface LoraOptions {
	/**
	 * Scales by a LoRA's name, instead of those that the LoRAs were loaded with; 0 turns one off. A profile depends on LoRAs that change a text
	 * encoder: make and use it with the same ones, at the same scales.
	 */
	loras?: Readonly<Record<string, number>> | undefined;
}

/** Options of a personalised call. */
export interface PersonalizeOptions extends PromptOptions, SyntaxOptions, LoraOptions {
	/** The user's profile. Without one, or if its history is empty, the prompt is used as it is. */
	profile?: Profile | undefined;
	/** Degree of personalization α of equation 2, in [0, 1]. Default 0.3, as in the paper for prompt histories. */
	alpha?: number | undefined;
	/**
	 * How far the negative condition is steered towards the profile's dislikes, in [0, 1]; 0 ignores them. Default 0.3. Not in the paper. A
	 * call without guidance has no negative condition. There the prompt's own condition is moved away from the dislikes, as far as this α
	 * would move it towards them.
	 */
	negativeAlpha?: number | undefined;
	/** Cancels the call, which then throws the signal's reason. */
	signal?: AbortSignal | undefined;
}
