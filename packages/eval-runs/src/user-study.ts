import { coreset, randomSample, uniformSample } from "@drum/coreset";
import type { GeneratedImage } from "@drum/diffusion";
import {
	AnswerError,
	type EvaluationUser,
	fabric,
	meanScores,
	personalizedFeatures,
	type Scores,
	scoresOf,
	type UserFeatures,
} from "@drum/eval";
import type { Profile, Reference } from "@drum/peca";
import type { Tensor } from "@drum/tensor";
import { feedbackOf } from "./feedback-pictures.ts";
import type { Method, Personal, Rewritten } from "./methods.ts";
import type { PlannedMethod } from "./plan.ts";
import type { RememberingEncoder } from "./remembering-encoder.ts";
import type { AlignedEncoder, RunModels } from "./run-models.ts";
import type { RunSettings } from "./settings.ts";

/** A user, by the place in the data. */
export interface NumberedUser extends EvaluationUser {
	/** From 0. */
	readonly number: number;
}

/** One user under one method, as it is kept. */
export interface Measurement {
	/** How many prompts of the history were used. */
	readonly references: number;
	/** Of conditions, by the encoder's name; none where the method has no condition of its own. */
	readonly textAlign: Readonly<Record<string, Scores>>;
	/** Of pictures; undefined where none were drawn. */
	readonly clipScore?: Scores | undefined;
	/** The prompts that took the targets' place; undefined too where the language model had no answer that is of use. */
	readonly prompts?: readonly string[] | undefined;
	/** What else was measured of the pictures. */
	readonly more?: unknown;
	readonly seconds: number;
}

/** What makes prompts in the targets' place, by methods' names. */
export type Rewriters = Readonly<
	Record<string, (user: NumberedUser, signal: AbortSignal | undefined) => Promise<readonly string[]>>
>;

/** What is measured of a user's pictures besides CLIP score, from their CLIP features `[pictures, width]`; it is kept as JSON. */
export type MeasurePictures = (user: NumberedUser, pictures: Tensor<"float32">) => Promise<unknown>;

export interface StudyOptions {
	readonly models: RunModels;
	readonly settings: RunSettings;
	readonly rewriters?: Rewriters | undefined;
	readonly measurePictures?: MeasurePictures | undefined;
}

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
		const prompts = rewritten ?? targets;
		const textAlign = method.kind === "steered" ? {} : await this.#textAlign(prompts, picks, alpha, signal);
		const images = drawn ? await this.#draw(method, prompts, picks[0]!, alpha, signal) : [];
		const measurement = {
			references: picks[0]!.length,
			textAlign,
			...(drawn && (await this.#score(images, signal))),
			...(rewritten && { prompts: rewritten }),
			seconds: (performance.now() - start) / 1000,
		};
		return { measurement, images };
	}

	/** One user of whom the language model will not speak does not end a run. */
	async #rewritten({ name }: Rewritten, signal: AbortSignal | undefined): Promise<readonly string[] | undefined> {
		const rewrite = this.#options.rewriters?.[name];
		if (!rewrite) throw new Error(`no rewriter for method ${name}`);
		try {
			return await rewrite(this.#user, signal);
		} catch (error) {
			if (error instanceof AnswerError) return undefined;
			throw error;
		}
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
		references: readonly Reference[],
		alpha: number | undefined,
		signal: AbortSignal | undefined,
	): Promise<GeneratedImage[]> {
		const { models, settings } = this.#options;
		const { drum, pipeline } = models;
		const sampling = samplingOf(settings);
		if (method.kind !== "steered") {
			const profile = references.length > 0 ? await this.#profile(references) : undefined;
			return (await drum.generate(prompts, { profile, alpha, seed: this.#seeds, ...sampling, signal })).images;
		}
		const feedback = await feedbackOf(this.#user, pipeline, { ...sampling, seed: settings.seed, signal });
		const images: GeneratedImage[] = [];
		// FABRIC takes one seed for all pictures of a call.
		for (const [i, prompt] of prompts.entries()) {
			const result = await fabric(pipeline, prompt, { ...feedback, ...sampling, seed: this.#seeds[i]!, signal });
			images.push(...result.images);
		}
		return images;
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
