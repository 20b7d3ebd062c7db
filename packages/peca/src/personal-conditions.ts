import type { Skip, Tensor, Warning } from "@drum/tensor";
import type { Adapter, ReadyReferences } from "./adapter.ts";
import { alphaUnused, dislikesUnused, negativeAlphaUnused } from "./alpha-unused.ts";
import { checkProfile } from "./check-profile.ts";
import { cutPrompts } from "./cut-prompts.ts";
import { checkAlpha } from "./history.ts";
import {
	type Condition,
	type ConditionParameters,
	compose,
	composePlain,
	type Encoders,
	encodable,
	encoderOf,
	type Mix,
	mixInputs,
	ownRows,
} from "./mix.ts";
import type { CallSides, PersonalizeOptions } from "./personalizable.ts";
import type { Profile } from "./profile.ts";
import { type Ready, ReadyProfiles, releaseAll } from "./ready-profiles.ts";
import { layoutOf, plainTexts, type Readings, syntaxWarnings } from "./weighted-rows.ts";

/** What a call's conditions are made of. */
export interface Asked extends Pick<PersonalizeOptions, "profile" | "alpha" | "negativeAlpha" | "signal"> {
	readonly prompts: readonly string[];
	readonly texts: Readings;
	readonly encoders: Encoders;
	/** Where the profile has dislikes that may act. */
	readonly sides?: CallSides | undefined;
}

type Side = "liked" | "disliked";

/** Steers conditions by profiles through the adapters, on each side by equation 2. */
export class PersonalConditions {
	readonly #name: string;
	readonly #mix: Mix;
	readonly #adapters: Readonly<Record<string, Adapter>>;
	readonly #ready: Readonly<Record<Side, ReadyProfiles>>;

	constructor(name: string, mix: Mix, adapters: Readonly<Record<string, Adapter>>) {
		this.#name = name;
		this.#mix = mix;
		this.#adapters = adapters;
		const kept = (side: Side) => new ReadyProfiles((profile) => this.#makeReady(profile, side));
		this.#ready = { liked: kept("liked"), disliked: kept("disliked") };
	}

	/** The condition of the prompts, and of what they are drawn against where dislikes steer that. */
	async condition(asked: Asked): Promise<Condition> {
		const { prompts, texts, encoders, profile, signal } = asked;
		const { alpha = 0.3, negativeAlpha = 0.3 } = asked;
		checkAlpha(alpha);
		checkAlpha(negativeAlpha, "negativeAlpha");
		if (profile !== undefined) checkProfile(profile).checkEncoders(encoders);
		signal?.throwIfAborted();
		const warnings = [...cutPrompts(encoders, plainTexts(texts)), ...syntaxWarnings(texts)];
		const [rows, layout] = [ownRows(encoders), layoutOf(texts)];
		const liked = profile !== undefined && profile.coreset.length > 0;
		if (!liked && asked.alpha !== undefined) warnings.push(alphaUnused(profile));
		const condition = liked
			? await this.#steered(profile, "liked", texts, alpha, asked)
			: await composePlain(this.#mix, encoders, texts, { signal });
		const negative = await this.#negative(asked, negativeAlpha, warnings);
		const parameters: ConditionParameters = {
			...(liked && { alpha, references: profile.references }),
			...(negative && { negativeAlpha, negativeReferences: profile!.negativeReferences }),
		};
		return {
			...condition,
			prompts,
			warnings,
			...(rows !== undefined && { maxSequenceLength: rows }),
			...(layout && { layout }),
			...(negative && { negative: { ...negative, words: asked.sides!.negativeWords } }),
			...((liked || negative) && { parameters }),
		};
	}

	async release(): Promise<void> {
		await Promise.all([this.#ready.liked.clear(), this.#ready.disliked.clear()]);
		await Promise.all(Object.values(this.#adapters).map((adapter) => adapter.release()));
	}

	async #negative(asked: Asked, alpha: number, warnings: Warning[]): Promise<Condition | undefined> {
		const { profile, sides, encoders } = asked;
		if (profile === undefined || profile.negativeCoreset.length === 0) {
			if (asked.negativeAlpha !== undefined) warnings.push(negativeAlphaUnused(profile));
			return undefined;
		}
		if (alpha === 0) return undefined;
		if (!sides?.guided || !sides.negativeTexts) {
			warnings.push(dislikesUnused(this.#name, sides));
			return undefined;
		}
		const { negativeTexts } = sides;
		const optionOf = () => "negativePrompt";
		warnings.push(...cutPrompts(encoders, plainTexts(negativeTexts), optionOf), ...syntaxWarnings(negativeTexts));
		return this.#steered(profile, "disliked", negativeTexts, alpha, asked);
	}

	#steered(
		profile: Profile,
		side: Side,
		texts: Readings,
		alpha: number,
		{ encoders, signal }: Asked,
	): Promise<Condition> {
		return this.#ready[side].use(profile, (ready) => this.#personalize(texts, encoders, ready, alpha, signal));
	}

	/** The mix of what each encoder's adapter makes of the prompts. */
	#personalize(
		texts: Readings,
		encoders: Encoders,
		ready: Ready,
		alpha: number,
		signal: AbortSignal | undefined,
	): Promise<Condition> {
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
		return compose(this.#mix, encoders, ask, texts);
	}

	async #makeReady(profile: Profile, side: Side): Promise<Ready> {
		const references = side === "liked" ? profile.references : profile.negativeReferences;
		const intensities = references.map(({ intensity }) => Math.abs(intensity));
		const ready = new Map<string, ReadyReferences>();
		try {
			for (const { encoder, skip } of mixInputs(this.#mix)) {
				const states = side === "liked" ? profile.hidden(encoder, skip) : profile.negativeHidden(encoder, skip);
				ready.set(`${encoder}${skip}`, await this.#adapters[encoder]!.ready(states, intensities));
			}
		} catch (error) {
			await releaseAll(ready);
			throw error;
		}
		return ready;
	}
}
