import { coreset, randomSample, uniformSample } from "@drum/coreset";
import type { GeneratedImage } from "@drum/diffusion";
import {
	AnswerError,
	meanScores,
	personalizedFeatures,
	type Scores,
	scoresOf,
	type UserFeatures,
	type VisualPreferences,
} from "@drum/eval";
import type { Profile, Reference } from "@drum/peca";
import type { Method, Personal, Rewritten } from "./methods.ts";
import type { PlannedMethod } from "./plan.ts";
import type { RememberingEncoder } from "./remembering-encoder.ts";
import type { AlignedEncoder } from "./run-models.ts";
import type { RunSettings } from "./settings.ts";
import { steeredPictures } from "./steered-pictures.ts";
import type { Measurement, NumberedUser, StudyOptions } from "./study-options.ts";

/** Figure 3's "random" is the mean over so many draws. */
export const DRAWS = 5;

/** Everything about one user that all methods share. */
export class UserStudy {
	readonly #user: NumberedUser;
	readonly #options: StudyOptions;
	readonly #features = new Map<RememberingEncoder, UserFeatures>();
	readonly #profiles = new Map<string, Promise<Profile>>();

	constructor(user: NumberedUser, options: StudyOptions) {
		this.#user = user;
		this.#options = options;
	}

	/** @throws what the method throws; the signal's reason. */
	async measure(
		{ method, drawn }: PlannedMethod,
		signal?: AbortSignal,
	): Promise<{ measurement: Measurement; images: GeneratedImage[] }> {
		const start = performance.now();
		const { targets } = this.#user;
		const picks = method.kind === "personal" ? await this.#picks(method, signal) : [[]];
		const alpha = method.kind === "personal" ? degreeOf(method, picks[0]!) : undefined;
		const rewritten = method.kind === "rewritten" ? await this.#rewritten(method, signal) : undefined;
		const preferences = method.name === "viper" ? await this.#preferences(signal) : undefined;
		const prompts = rewritten ?? targets;
		const textAlign = method.kind === "steered" ? {} : await this.#textAlign(prompts, picks, alpha, signal);
		const images = drawn
			? await this.#draw(method, prompts, { references: picks[0]!, alpha, preferences }, signal)
			: [];
		const measurement = {
			references: picks[0]!.length,
			textAlign,
			...(drawn && (await this.#score(images, signal))),
			...(rewritten && { prompts: rewritten }),
			...(preferences && { preferences }),
			seconds: (performance.now() - start) / 1000,
		};
		return { measurement, images };
	}

	#rewritten({ name }: Rewritten, signal: AbortSignal | undefined): Promise<readonly string[] | undefined> {
		const rewrite = this.#options.rewriters?.[name];
		if (!rewrite) throw new Error(`no rewriter for method ${name}`);
		return answered(rewrite(this.#user, signal));
	}

	#preferences(signal: AbortSignal | undefined): Promise<VisualPreferences | undefined> {
		const { preferences } = this.#options;
		if (!preferences) throw new Error("nothing that tells preferences for method viper");
		return answered(preferences(this.#user, signal));
	}

	/**
	 * The references that the method uses; several lists where it draws them at random. A list of which nothing was liked steers
	 * nothing: it counts as none.
	 */
	async #picks({ sampler, ratio, alpha }: Personal, signal: AbortSignal | undefined): Promise<Reference[][]> {
		const { history, number } = this.#user;
		const seed = (this.#options.settings.seed + number * DRAWS) % 2 ** 32;
		const rows = {
			whole: () => [[...history.keys()]],
			uniform: () => [uniformSample(history.length, { ratio })],
			random: () => Array.from({ length: DRAWS }, (_, i) => randomSample(history.length, { ratio, seed: seed + i })),
			coreset: async () => [await this.#coreset(ratio, signal)],
		};
		const intensity = alpha === undefined ? () => 1 : (row: number) => history[row]!.intensity;
		const lists = (await rows[sampler]()).map((list) =>
			list.map((row) => ({ prompt: history[row]!.prompt, intensity: intensity(row) })),
		);
		return lists.map((list) => (list.every((reference) => reference.intensity === 0) ? [] : list));
	}

	/** As `DrUM.profile` draws it, but for the intensities, which the settings may leave out. */
	async #coreset(ratio: number, signal: AbortSignal | undefined): Promise<number[]> {
		const { models, settings } = this.#options;
		const { history } = this.#user;
		const features = await models.features.features(
			history.map(({ prompt }) => prompt),
			{ signal },
		);
		const intensities = settings.weighted ? history.map(({ intensity }) => intensity) : undefined;
		return coreset(features, { ratio, intensities, signal });
	}

	async #textAlign(
		prompts: readonly string[],
		picks: readonly Reference[][],
		alpha: number | undefined,
		signal: AbortSignal | undefined,
	): Promise<Record<string, Scores>> {
		const scores: Record<string, Scores> = {};
		for (const each of this.#options.models.aligned) {
			const features = await this.#featuresOf(each.encoder, signal);
			const own = await alignOf(each, { prompts, picks, alpha, features, signal });
			scores[each.name] = own;
		}
		return scores;
	}

	/** What the user is scored against, in an encoder's space. */
	async #featuresOf(encoder: RememberingEncoder, signal: AbortSignal | undefined): Promise<UserFeatures> {
		const known = this.#features.get(encoder);
		if (known) return known;
		const { targets, history } = this.#user;
		const made: UserFeatures = {
			targets: await encoder.features(targets, { signal }),
			history: await encoder.features(
				history.map(({ prompt }) => prompt),
				{ signal },
			),
			intensities: history.map(({ intensity }) => intensity),
		};
		this.#features.set(encoder, made);
		return made;
	}

	async #draw(
		method: Method,
		prompts: readonly string[],
		{ references, alpha, preferences }: Steering,
		signal: AbortSignal | undefined,
	): Promise<GeneratedImage[]> {
		const { models, settings } = this.#options;
		const { drum, pipeline } = models;
		const sampling = samplingOf(settings);
		if (method.kind !== "steered") {
			const profile = references.length > 0 ? await this.#profile(references) : undefined;
			return (await drum.generate(prompts, { profile, alpha, seed: this.#seeds, ...sampling, signal })).images;
		}
		const [user, seeds, options] = [this.#user, this.#seeds, { ...sampling, signal }];
		return steeredPictures(method, { pipeline, user, preferences, seeds, feedbackSeed: settings.seed, options });
	}

	async #score(images: readonly GeneratedImage[], signal: AbortSignal | undefined) {
		const { models, measurePictures } = this.#options;
		const pictures = await models.scorer.images.encode(images, { signal });
		const clipScore = scoresOf(pictures, await this.#featuresOf(models.text, signal));
		return { clipScore, ...(measurePictures && { more: await measurePictures(this.#user, pictures) }) };
	}

	/** Made once for all degrees, and not cancelled by any one measurement. */
	#profile(references: readonly Reference[]): Promise<Profile> {
		const key = JSON.stringify(references);
		const profile = this.#profiles.get(key) ?? this.#options.models.drum.profile(references, { ratio: 1 });
		this.#profiles.set(key, profile);
		return profile;
	}

	/** The same for all methods: what differs is theirs. */
	get #seeds(): number[] {
		return this.#user.targets.map((_, i) => this.#options.settings.seed + 2 * this.#user.number + i);
	}
}

/** What leads a method's pictures beside their prompts. */
interface Steering {
	readonly references: readonly Reference[];
	readonly alpha: number | undefined;
	readonly preferences: VisualPreferences | undefined;
}

/** One user of whom the language model will not speak does not end a run. */
async function answered<T>(answer: Promise<T>): Promise<T | undefined> {
	try {
		return await answer;
	} catch (error) {
		if (error instanceof AnswerError) return undefined;
		throw error;
	}
}

async function alignOf(
	{ encoder, adapter }: AlignedEncoder,
	made: {
		prompts: readonly string[];
		picks: readonly Reference[][];
		alpha: number | undefined;
		features: UserFeatures;
		signal: AbortSignal | undefined;
	},
): Promise<Scores> {
	const scores: Scores[] = [];
	for (const references of made.picks) {
		const { prompts, alpha, signal } = made;
		const condition = await personalizedFeatures({ encoder, adapter, prompts, references, alpha, signal });
		scores.push(scoresOf(condition, made.features));
	}
	return meanScores(scores);
}

/** Without guidance the target weighs as much as each reference. */
function degreeOf({ alpha }: Personal, references: readonly Reference[]): number {
	return alpha ?? references.length / (references.length + 1);
}

/** How pictures are drawn. */
export function samplingOf({ steps, guidanceScale, height, width, scheduler }: RunSettings) {
	return {
		numInferenceSteps: steps ?? undefined,
		guidanceScale: guidanceScale ?? undefined,
		height: height ?? undefined,
		width: width ?? undefined,
		scheduler: scheduler ?? undefined,
	};
}
