import { openRepository, REPOSITORY_OPTIONS, sourceKind } from "@drum/hub";
import { ArgumentError, Checkpoint, CheckpointError, checkNames, type Skip, shown, type Tensor } from "@drum/tensor";
import { Adapter, type ReadyReferences } from "./adapter.ts";
import { alphaUnused } from "./alpha-unused.ts";
import { checkProfile } from "./check-profile.ts";
import { cutPrompts } from "./cut-prompts.ts";
import { checkAlpha, type HistoryItem } from "./history.ts";
import { extendProfile, makeProfile } from "./make-profile.ts";
import {
	type Condition,
	compose,
	composePlain,
	type Encoders,
	encodable,
	encoderOf,
	mixInputs,
	ownRows,
} from "./mix.ts";
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
import { checkPrompts } from "./prompts.ts";
import { checkSyntax, readPrompts } from "./read-prompts.ts";
import { type Ready, ReadyProfiles, releaseAll } from "./ready-profiles.ts";
import { layoutOf, plainTexts, type Readings, syntaxWarnings } from "./weighted-rows.ts";

/** DrUM attached to a pipeline: histories become profiles, and profiles steer its pictures (paper section 4). */
export class DrUM<Options extends object, Result> implements AsyncDisposable {
	readonly #pipeline: Personalizable<Options, Result>;
	readonly #adapters: Readonly<Record<string, Adapter>>;
	readonly #ready = new ReadyProfiles((profile) => this.#makeReady(profile));

	private constructor(pipeline: Personalizable<Options, Result>, adapters: Record<string, Adapter>) {
		this.#pipeline = pipeline;
		this.#adapters = adapters;
	}

	/**
	 * Finds the adapters for the pipeline's encoders and checks them; nothing is loaded before it is used.
	 * @throws CheckpointError naming the adapter that is missing or does not fit its encoder; what `openRepository` throws.
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
	 * Reduces a history to a profile: its prompts are encoded, and the coreset's conditions are kept. Without `ratio` and `size` the
	 * coreset is a tenth of the history, but at least 8 prompts, or all where there are fewer. An empty history gives a profile that
	 * changes nothing.
	 * @throws ArgumentError naming the history row or option that is wrong.
	 */
	async profile(history: readonly HistoryItem[], options: ProfileOptions = {}): Promise<Profile> {
		return makeProfile(this.#pipeline.mix, this.#encodersOf(options), history, options);
	}

	/**
	 * A profile that knows the newer history as well. New prompts are encoded, and of the old only those that come into the coreset.
	 * @throws ArgumentError as `profile`, and when the profile is another encoder's.
	 */
	async extend(profile: Profile, history: readonly HistoryItem[], options: ProfileOptions = {}): Promise<Profile> {
		return extendProfile(this.#pipeline.mix, this.#encodersOf(options), profile, history, options);
	}

	/**
	 * Reads a profile from its file, or from its bytes, and checks that it was made with this pipeline's encoders.
	 * @throws FileError when there is no such file; CheckpointError when it is not a profile or is damaged; ArgumentError when it is another
	 * encoder's, or for what is neither a path nor bytes.
	 */
	async loadProfile(source: string | Uint8Array, options: LoraOptions = {}): Promise<Profile> {
		checkNames("loadProfile", options, ["loras"]);
		const encoders = this.#encodersOf(options);
		const profile = typeof source === "string" ? await Profile.load(source) : Profile.fromBytes(source);
		profile.checkEncoders(encoders);
		return profile;
	}

	/**
	 * The personalised condition of one or more prompts, as the denoiser takes it.
	 * @throws ArgumentError for a prompt that is none, an α outside [0, 1] or a profile made with other encoders; the signal's reason.
	 */
	async condition(prompt: string | readonly string[], options: PersonalizeOptions = {}): Promise<Condition> {
		checkNames("condition", options, ["profile", "alpha", "signal", "prompt2", "prompt3", "promptSyntax", "loras"]);
		const { profile, alpha, signal, loras, ...texts } = options;
		const prompts = checkPrompts(prompt);
		const encoders = this.#encodersOf({ loras });
		return this.#condition(prompts, this.#textsOf(prompts, texts), encoders, { profile, alpha, signal });
	}

	#textsOf(prompts: readonly string[], options: Options | (PromptOptions & SyntaxOptions)): Readings {
		const { mix, encoders, textsOf } = this.#pipeline;
		if (textsOf) return textsOf.call(this.#pipeline, prompts, options);
		const texts = Object.fromEntries(Object.keys(encoders).map((name) => [name, prompts]));
		const { promptSyntax } = options as SyntaxOptions;
		return checkSyntax(promptSyntax) === "plain"
			? texts
			: readPrompts(mix, encoders, [{ texts, optionOf: () => "prompt" }])[0]!;
	}

	/** @throws ArgumentError for LoRAs that the pipeline has not. */
	#encodersOf(options: LoraOptions): Encoders {
		const { encodersOf, encoders, name } = this.#pipeline;
		const { loras } = Object(options) as LoraOptions;
		if (encodersOf) return encodersOf.call(this.#pipeline, { loras });
		if (loras === undefined) return encoders;
		throw new ArgumentError({ what: "loras", expected: `none: ${name} takes no LoRAs`, found: shown(loras) });
	}

	async #condition(
		prompts: readonly string[],
		texts: Readings,
		encoders: Encoders,
		{ profile, alpha: given, signal }: PersonalizeOptions,
	): Promise<Condition> {
		const { mix } = this.#pipeline;
		const alpha = given === undefined ? 0.3 : given;
		checkAlpha(alpha);
		if (profile !== undefined) checkProfile(profile).checkEncoders(encoders);
		signal?.throwIfAborted();
		const warnings = [...cutPrompts(encoders, plainTexts(texts)), ...syntaxWarnings(texts)];
		const [rows, layout] = [ownRows(encoders), layoutOf(texts)];
		const known = {
			prompts,
			warnings,
			...(rows !== undefined && { maxSequenceLength: rows }),
			...(layout && { layout }),
		};
		if (!profile || profile.coreset.length === 0) {
			if (given !== undefined) warnings.push(alphaUnused(profile));
			return { ...(await composePlain(mix, encoders, texts, { signal })), ...known };
		}
		const condition = await this.#ready.use(profile, (ready) =>
			this.#personalize(texts, encoders, ready, alpha, signal),
		);
		return {
			...condition,
			...known,
			parameters: { alpha, references: profile.references },
		};
	}

	/** Draws pictures of the prompt, steered by the profile; `options` are the pipeline's own beside. */
	async generate(
		prompt: string | readonly string[],
		options: Options & PersonalizeOptions = {} as Options & PersonalizeOptions,
	): Promise<Result> {
		const names = this.#pipeline.optionNames ?? Object.keys(Object(options));
		checkNames("generate", options, ["profile", "alpha", ...names]);
		const { profile, alpha, ...rest } = options;
		const prompts = checkPrompts(prompt);
		if (alpha !== undefined) checkAlpha(alpha);
		const encoders = this.#encodersOf(options);
		if (profile !== undefined) checkProfile(profile).checkEncoders(encoders);
		const given = rest as unknown as Options;
		const own = this.#pipeline.openPictures ? await this.#pipeline.openPictures(given) : given;
		this.#pipeline.checkOptions(own, prompts.length);
		const texts = this.#textsOf(prompts, own);
		const draw = async () => {
			const condition = await this.#condition(prompts, texts, encoders, { profile, alpha, signal: options.signal });
			return this.#pipeline.generate(condition, own);
		};
		return this.#pipeline.inTurn ? this.#pipeline.inTurn(own, draw) : draw();
	}

	/** Frees the adapters and what is kept of profiles once running calls have ended; the pipeline stays. Both load again when next used. */
	async release(): Promise<void> {
		await this.#ready.clear();
		await Promise.all(Object.values(this.#adapters).map((adapter) => adapter.release()));
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}

	/** The mix of what each encoder's adapter makes of the prompts. */
	#personalize(
		texts: Readings,
		encoders: Encoders,
		ready: Ready,
		alpha: number,
		signal: AbortSignal | undefined,
	): Promise<Condition> {
		const { mix } = this.#pipeline;
		const targets = new Map<string, Tensor<"float32">>();
		const ask = async (encoder: string, skip: Skip) => {
			const key = `${encoder}${skip}`;
			if (!targets.has(key)) {
				const [input] = encodable(texts[encoder]!);
				const { hidden } = await encoderOf(encoders, encoder).encode(input, { signal });
				for (const [each, states] of Object.entries(hidden)) targets.set(`${encoder}${each}`, states);
			}
			return this.#adapters[encoder]!.personalize(targets.get(key)!, ready.get(key)!, alpha, signal);
		};
		return compose(mix, encoders, ask, texts);
	}

	async #makeReady(profile: Profile): Promise<Ready> {
		const intensities = profile.references.map(({ intensity }) => intensity);
		const ready = new Map<string, ReadyReferences>();
		try {
			for (const { encoder, skip } of mixInputs(this.#pipeline.mix)) {
				const references = profile.hidden(encoder, skip);
				ready.set(`${encoder}${skip}`, await this.#adapters[encoder]!.ready(references, intensities));
			}
		} catch (error) {
			await releaseAll(ready);
			throw error;
		}
		return ready;
	}
}
