import type { Device, WeightOptions } from "@drum/graph";
import type { RepositoryOptions, RepositorySource } from "@drum/hub";
import type { Condition, Encoders, Mix } from "./mix.ts";
import type { Profile } from "./profile.ts";
import type { PromptSyntax } from "./prompt-syntax.ts";
import type { Texts } from "./texts.ts";
import type { Readings } from "./weighted-rows.ts";

/** What a pipeline shows so that it can be personalised; those of `@drum/pipelines-sd` do. */
export interface Personalizable<Options extends object, Result> {
	/** Names the pipeline in messages. */
	readonly name: string;
	readonly mix: Mix;
	readonly encoders: Encoders;
	readonly device: Device;
	readonly threads?: number | undefined;
	/** How the adapters' weights are held. Default: as they are stored. */
	readonly adapterWeights?: WeightOptions | undefined;
	/** The names of the options that `generate` takes, where the pipeline tells them: `drum.generate` then refuses others. */
	readonly optionNames?: readonly string[] | undefined;
	/** The options with what they give by its place, such as a picture's file, read, and with what may change until its turn held. */
	openPictures?(options: Options): Promise<Options>;
	/** Rejects for options that `generate` would refuse, before anything long begins. */
	checkOptions(options: Options, prompts: number): Promise<void>;
	generate(condition: Condition, options?: Options): Promise<Result>;
	/**
	 * What each encoder reads of a call, by its name, where that is not the prompts for all: options such as `prompt2` and `promptSyntax`
	 * say it. Throws for options that a personalised condition cannot have.
	 */
	textsOf?(prompts: readonly string[], options: Options | PromptOptions): Readings | Promise<Readings>;
	/**
	 * What each encoder reads of a call on both sides, for a profile with dislikes: they steer the condition of `negativeTexts`, where a call
	 * that gives none has the empty prompt; undefined where the call gives the negative condition itself. `guided` says whether the call is
	 * drawn against it at all. A pipeline without this takes no dislikes.
	 */
	sidesOf?(prompts: readonly string[], options: Options | PromptOptions): CallSides | Promise<CallSides>;
	/** The encoders of a call with these options, which may be under the LoRAs that are loaded. Default: `encoders`. */
	encodersOf?(options: LoraOptions): Encoders;
	/** Where calls wait for each other: runs `task` when the turn of a call with these options has come; `generate` within it does not wait again. */
	inTurn?<T>(options: Options, task: () => Promise<T>): Promise<T>;
}

/** What encoders read of a call, and what it is drawn against. */
export interface CallSides {
	readonly texts: Readings;
	/** One for each prompt, or one for all. */
	readonly negativeTexts: Readings | undefined;
	/** The same as they were written: goes into the condition, where the pipeline knows it again. */
	readonly negativeWords?: Texts | undefined;
	readonly guided: boolean;
}

export interface AttachOptions extends RepositoryOptions {
	/** The adapters: a hub id, a folder, or files of one, with `L.safetensors`, … in it or in `weight/`. Default `"Burf/DrUM"`. */
	adapters?: RepositorySource | undefined;
}

/** Prompts that some of a model's encoders read in place of the first, under diffusers' names. */
export interface PromptOptions {
	/** What the second encoder reads, for all prompts or one for each. Default: the prompt. SDXL, SD 3, FLUX. */
	prompt2?: string | readonly string[] | undefined;
	/** What the third encoder reads. SD 3. */
	prompt3?: string | readonly string[] | undefined;
}

/** How prompts are read. */
export interface SyntaxOptions {
	/**
	 * `"a1111"` reads prompts as A1111's web UI does: `(more)`, `(more:1.3)`, `[less]`, `\\(` for a bracket, BREAK, and texts of any length in
	 * chunks of 75 tokens. Default `"plain"`: a prompt is text, and ends where an encoder's tokens do.
	 */
	promptSyntax?: PromptSyntax | undefined;
}

/** LoRAs of a call, for a pipeline that has some. */
export interface LoraOptions {
	/**
	 * Scales by name, in place of those that the LoRAs were loaded with; 0 turns one off. Those that change a text encoder belong to a
	 * profile: it is made and used under the same, at the same scales.
	 */
	loras?: Readonly<Record<string, number>> | undefined;
}

export interface PersonalizeOptions extends PromptOptions, SyntaxOptions, LoraOptions {
	/** The user's profile; without one, or with one of an empty history, the prompt is taken as it is. */
	profile?: Profile | undefined;
	/** Degree of personalization α in [0, 1]. Default 0.3, as the paper's for prompt histories. */
	alpha?: number | undefined;
	/**
	 * The same for what the profile's user dislikes: how far the negative condition is steered towards it, in [0, 1]; 0 leaves dislikes out.
	 * Not in the paper. Default 0.3. A call without guidance has no negative condition: there the prompt's own is led away from what is
	 * disliked, as far as this dial would lead the prompt towards it.
	 */
	negativeAlpha?: number | undefined;
	signal?: AbortSignal | undefined;
}
