import { openRepository, REPOSITORY_OPTIONS, sourceKind } from "@drum/hub";
import { ArgumentError, Checkpoint, CheckpointError, checkNames, shown } from "@drum/tensor";
import { Adapter } from "./adapter.ts";
import { checkProfile } from "./check-profile.ts";
import { checkAlpha, type HistoryItem } from "./history.ts";
import { extendProfile, makeProfile } from "./make-profile.ts";
import { type Condition, type Encoders, encoderOf } from "./mix.ts";
import { PersonalConditions } from "./personal-conditions.ts";
import type {
	AttachOptions,
	LoraOptions,
	Personalizable,
	PersonalizeOptions,
	PromptOptions,
	SyntaxOptions,
} from "./personalizable.ts";
import { Profile } from "./profile.ts";
import type { ProfileOptions } from "./profile-options.ts";
import { checkSyntax, readPrompts } from "./prompt-syntax.ts";
import { checkPrompts } from "./prompts.ts";
import type { Readings } from "./weighted-rows.ts";

/** Options of a personalised call in addition to the pipeline's own. */
const DIALS = ["profile", "alpha", "negativeAlpha"] as const;

/** DrUM attached to a pipeline: makes profiles of histories, and steers the pipeline's pictures with them (paper section 4). */
export class DrUM<Options extends object, Result> implements AsyncDisposable {
	readonly #pipeline: Personalizable<Options, Result>;
	readonly #conditions: PersonalConditions;

	private constructor(pipeline: Personalizable<Options, Result>, adapters: Record<string, Adapter>) {
		this.#pipeline = pipeline;
		this.#conditions = new PersonalConditions(pipeline.name, pipeline.mix, adapters);
	}

	/**
	 * Finds the adapters for the pipeline's encoders and checks them against the encoders. Weights are loaded at the first use.
	 * @throws CheckpointError naming the adapter that is missing or does not fit its encoder
	 * @throws ArgumentError for an unknown option, or an encoder that adapters cannot be used with
	 * @throws what `openRepository` throws
	 */
	static async attach<Options extends object, Result>(
		pipeline: Personalizable<Options, Result>,
		attaching: AttachOptions = {},
	): Promise<DrUM<Options, Result>> {
		checkNames("DrUM.attach", attaching, ["adapters", ...REPOSITORY_OPTIONS]);
		const { adapters = "Burf/DrUM", ...options } = attaching;
		const repository = await openRepository(adapters, options);
		const loaded: Record<string, Adapter> = {};
		for (const name of Object.keys(pipeline.encoders)) {
			const paths = [`weight/${name}.safetensors`, `${name}.safetensors`];
			const held = await Promise.all(paths.map((path) => repository.has(path)));
			const path = paths[held.indexOf(true)];
			if (!path) {
				const kind = await sourceKind(repository);
				throw (
					repository.absent(paths.join(" or ")) ??
					new CheckpointError({
						what: `adapters ${repository.name}`,
						expected: paths.join(" or "),
						found: kind ? `neither, but ${kind.is}` : "neither",
						next: `${pipeline.name} needs the adapter of its encoder ${name}`,
					})
				);
			}
			const weights = await Checkpoint.open(await repository.file(path));
			const { device, threads, adapterWeights } = pipeline;
			const encoder = encoderOf(pipeline.encoders, name);
			loaded[name] = Adapter.create({ weights, encoder, device, threads, ...adapterWeights });
		}
		return new DrUM(pipeline, loaded);
	}

	/**
	 * Reduces a history to a profile (paper section 4.2): encodes its prompts and keeps the conditions of the coreset. Without `ratio` and
	 * `size`, the coreset is a tenth of the history, but at least 8 prompts, or all if there are fewer. An empty history gives a profile
	 * without effect. Rows with an intensity below 0 are dislikes. They get their own coreset, of the same share or size.
	 * @throws ArgumentError naming the wrong history row or option
	 * @throws DeviceError if a hidden state is not finite
	 * @throws the signal's reason
	 */
	async profile(history: readonly HistoryItem[], options: ProfileOptions = {}): Promise<Profile> {
		return makeProfile(this.#pipeline.mix, this.#encodersOf(options), history, options);
	}

	/**
	 * Extends a profile by the newer part of a history. Encodes the new prompts, and those old prompts that newly enter the coreset. `ratio`,
	 * `size`, `seed` and `halfLife` default to those of the profile.
	 * @throws ArgumentError as `profile`, and if the profile was made with other encoders, LoRAs or learned tokens
	 * @throws the signal's reason
	 */
	async extend(profile: Profile, history: readonly HistoryItem[], options: ProfileOptions = {}): Promise<Profile> {
		return extendProfile(this.#pipeline.mix, this.#encodersOf(options), profile, history, options);
	}

	/**
	 * Reads a profile from its file or its bytes, and checks that it was made with this pipeline's encoders.
	 * @throws FileError if there is no such file
	 * @throws CheckpointError if it is not a profile, or is damaged
	 * @throws ArgumentError if it was made with other encoders, or if `source` is neither a path nor bytes
	 */
	async loadProfile(source: string | Uint8Array, options: LoraOptions = {}): Promise<Profile> {
		checkNames("loadProfile", options, ["loras"]);
		const encoders = this.#encodersOf(options);
		const profile = typeof source === "string" ? await Profile.load(source) : Profile.fromBytes(source);
		profile.checkEncoders(encoders);
		return profile;
	}

	/**
	 * The personalised condition of one or more prompts, for the denoiser (paper section 4.4). With a profile that has dislikes, it also
	 * contains the negative condition: the empty prompt's condition, steered towards the dislikes.
	 * @throws ArgumentError for an invalid prompt, an α outside [0, 1], or a profile made with other encoders
	 * @throws the signal's reason
	 */
	async condition(prompt: string | readonly string[], options: PersonalizeOptions = {}): Promise<Condition> {
		const known = [...DIALS, "signal", "prompt2", "prompt3", "promptSyntax", "loras"];
		checkNames("condition", options, known);
		const { profile, alpha, negativeAlpha, signal, loras, ...texts } = options;
		const prompts = checkPrompts(prompt);
		const encoders = this.#encodersOf({ loras });
		const sides = await this.#sidesOf(prompts, texts, profile);
		return this.#conditions.condition({
			...{ prompts, texts: sides?.texts ?? (await this.#textsOf(prompts, texts)), encoders, signal },
			// The later call that draws decides on guidance.
			...{ profile, alpha, negativeAlpha, sides: sides && { ...sides, guided: true } },
		});
	}

	/** What the pipeline reads of a call's prompts and negative prompts; undefined if the profile has no dislikes. */
	async #sidesOf(prompts: readonly string[], options: Options | PromptOptions, profile: Profile | undefined) {
		if (!profile?.negativeCoreset?.length) return undefined;
		return this.#pipeline.sidesOf?.call(this.#pipeline, prompts, options);
	}

	async #textsOf(prompts: readonly string[], options: Options | (PromptOptions & SyntaxOptions)): Promise<Readings> {
		const { mix, encoders, textsOf } = this.#pipeline;
		if (textsOf) return textsOf.call(this.#pipeline, prompts, options);
		const texts = Object.fromEntries(Object.keys(encoders).map((name) => [name, prompts]));
		const { promptSyntax } = options as SyntaxOptions;
		if (checkSyntax(promptSyntax) === "plain") return texts;
		const [readings] = await readPrompts(mix, encoders, [{ texts, optionOf: () => "prompt" }]);
		return readings!;
	}

	/** @throws ArgumentError for LoRAs that the pipeline does not have */
	#encodersOf(options: LoraOptions): Encoders {
		const { encodersOf, encoders, name } = this.#pipeline;
		const { loras } = Object(options) as LoraOptions;
		if (encodersOf) return encodersOf.call(this.#pipeline, { loras });
		if (loras === undefined) return encoders;
		throw new ArgumentError({ what: "loras", expected: `none: ${name} takes no LoRAs`, found: shown(loras) });
	}

	/**
	 * Draws pictures of the prompt, steered by the profile.
	 * @param options the pipeline's own options, and those of `PersonalizeOptions`
	 * @throws ArgumentError as `condition`, before anything is encoded; what the pipeline's `generate` throws; the signal's reason
	 */
	async generate(
		prompt: string | readonly string[],
		options: Options & PersonalizeOptions = {} as Options & PersonalizeOptions,
	): Promise<Result> {
		const names = this.#pipeline.optionNames ?? Object.keys(Object(options));
		checkNames("generate", options, [...DIALS, ...names]);
		const { profile, alpha, negativeAlpha, ...rest } = options;
		const prompts = checkPrompts(prompt);
		if (alpha !== undefined) checkAlpha(alpha);
		if (negativeAlpha !== undefined) checkAlpha(negativeAlpha, "negativeAlpha");
		const encoders = this.#encodersOf(options);
		if (profile !== undefined) checkProfile(profile).checkEncoders(encoders);
		const given = rest as unknown as Options;
		const own = this.#pipeline.openPictures ? await this.#pipeline.openPictures(given) : given;
		await this.#pipeline.checkOptions(own, prompts.length);
		const sides = negativeAlpha === 0 ? undefined : await this.#sidesOf(prompts, own, profile);
		const texts = sides?.guided ? sides.texts : await this.#textsOf(prompts, own);
		const draw = async () => {
			const { signal } = options;
			const asked = { prompts, texts, encoders, profile, alpha, negativeAlpha, sides, signal };
			return this.#pipeline.generate(await this.#conditions.condition(asked), own);
		};
		return this.#pipeline.inTurn ? this.#pipeline.inTurn(own, draw) : draw();
	}

	/** Frees the adapters and the prepared profiles once running calls have ended, but not the pipeline. They are loaded again at the next use. */
	async release(): Promise<void> {
		await this.#conditions.release();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}
