import { randomSample, uniformSample } from "@drum/coreset";
import { meanScores, personalizedFeatures, type Scores, scoresOf, type UserFeatures } from "@drum/eval";
import type { Profile, Reference } from "@drum/pipelines-sd";
import { type Method, type Personal, WISH } from "./methods.ts";
import type { Models } from "./models.ts";
import type { Settings } from "./settings.ts";
import { TasteCaptions } from "./taste-captions.ts";
import type { User } from "./users.ts";

/** One user under one method. */
export interface Measurement {
	readonly user: number;
	readonly method: string;
	/** How many prompts of the history were used. */
	readonly references: number;
	readonly textAlign: Scores;
	/** Of the pictures; undefined where none were drawn. */
	readonly clipScore?: Scores | undefined;
	/** For each of the user's tastes, the share of pictures that show it, 0 to 1. */
	readonly shown?: readonly number[] | undefined;
	readonly seconds: number;
}

/** Figure 3's "random" is the mean over so many draws. */
const DRAWS = 5;

/** Everything about one user that all methods share. */
export class Study {
	readonly #user: User;
	readonly #models: Models;
	readonly #settings: Settings;
	readonly #features: UserFeatures;
	/** `[targets][tastes]` */
	readonly #tastes: TasteCaptions[][];
	readonly #profiles = new Map<string, Promise<Profile>>();

	private constructor(
		user: User,
		models: Models,
		settings: Settings,
		features: UserFeatures,
		tastes: TasteCaptions[][],
	) {
		this.#user = user;
		this.#models = models;
		this.#settings = settings;
		this.#features = features;
		this.#tastes = tastes;
	}

	/** What the user's pictures and conditions are measured by. @throws the signal's reason. */
	static async of(user: User, models: Models, settings: Settings, signal?: AbortSignal): Promise<Study> {
		const { scorer } = models;
		const targets = user.targets.map(({ prompt }) => prompt);
		const features = await scorer.user({ targets, history: user.history }, { signal });
		const tastes: TasteCaptions[][] = [];
		for (const { told } of user.targets) {
			const row: TasteCaptions[] = [];
			for (const taste of user.tastes) row.push(await TasteCaptions.of(scorer.text, told, taste, signal));
			tastes.push(row);
		}
		return new Study(user, models, settings, features, tastes);
	}

	/** @throws the signal's reason. */
	async measure(method: Method, drawn: boolean, signal?: AbortSignal): Promise<Measurement> {
		const start = performance.now();
		const picks = "sampler" in method ? await this.#picks(method, signal) : [[]];
		const alpha = "sampler" in method ? degreeOf(method, picks[0]!) : undefined;
		const prompts = this.#user.targets.map(({ prompt, wish }) => (method.name === WISH.name ? wish : prompt));
		const measurement = {
			user: this.#user.number,
			method: method.name,
			references: picks[0]!.length,
			textAlign: await this.#textAlign(prompts, picks, alpha, signal),
			...(drawn && (await this.#draw(prompts, picks[0]!, alpha, signal))),
		};
		return { ...measurement, seconds: (performance.now() - start) / 1000 };
	}

	/** The references that the method uses; several lists where it draws them at random. */
	async #picks({ sampler, ratio, alpha }: Personal, signal?: AbortSignal): Promise<Reference[][]> {
		const { history, number } = this.#user;
		const seed = this.#settings.seed + number * DRAWS;
		const rows = {
			whole: () => [[...history.keys()]],
			uniform: () => [uniformSample(history.length, { ratio })],
			random: () => Array.from({ length: DRAWS }, (_, i) => randomSample(history.length, { ratio, seed: seed + i })),
			coreset: async () => [[...(await this.#models.drum.profile(history, { ratio, signal })).coreset]],
		};
		const intensity = alpha === undefined ? () => 1 : (row: number) => history[row]!.intensity;
		return (await rows[sampler]()).map((list) =>
			list.map((row) => ({ prompt: history[row]!.prompt, intensity: intensity(row) })),
		);
	}

	async #textAlign(prompts: string[], picks: Reference[][], alpha?: number, signal?: AbortSignal): Promise<Scores> {
		const { scorer, adapter } = this.#models;
		const scores: Scores[] = [];
		for (const references of picks) {
			const made = { encoder: scorer.text, adapter, prompts, references, alpha, signal };
			scores.push(scoresOf(await personalizedFeatures(made), this.#features));
		}
		return meanScores(scores);
	}

	async #draw(prompts: string[], references: Reference[], alpha?: number, signal?: AbortSignal) {
		const { drum, scorer } = this.#models;
		const { steps, guidanceScale } = this.#settings;
		const profile = references.length > 0 ? await this.#profile(references) : undefined;
		const size = { height: 64, width: 64, numInferenceSteps: steps, guidanceScale };
		const { images } = await drum.generate(prompts, { profile, alpha, seed: this.#seeds, ...size, signal });
		const pictures = await scorer.images.encode(images, { signal });
		const shown = this.#user.tastes.map((_, taste) => {
			const answers = this.#tastes.map((row, target) => row[taste]!.shownBy(pictures)[target]!);
			return answers.filter(Boolean).length / answers.length;
		});
		return { clipScore: scoresOf(pictures, this.#features), shown };
	}

	/** Made once for all degrees, and not cancelled by any one measurement. */
	#profile(references: Reference[]): Promise<Profile> {
		const key = JSON.stringify(references);
		const profile = this.#profiles.get(key) ?? this.#models.drum.profile(references, { ratio: 1 });
		this.#profiles.set(key, profile);
		return profile;
	}

	/** The same for all methods: what differs is theirs. */
	get #seeds(): number[] {
		return this.#user.targets.map((_, i) => this.#settings.seed + 2 * this.#user.number + i);
	}
}

/** Without guidance the target weighs as much as each reference. */
function degreeOf({ alpha }: Personal, references: readonly Reference[]): number {
	return alpha ?? references.length / (references.length + 1);
}
