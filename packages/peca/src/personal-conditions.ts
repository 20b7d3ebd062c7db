import type { Skip, Warning } from "@drum/tensor";
import type { Adapter, AdapterOutput, ReadyReferences } from "./adapter.ts";
import { alphaUnused, dislikesUnused, negativeAlphaUnused } from "./alpha-unused.ts";
import { awayFrom } from "./away-from.ts";
import { checkProfile } from "./check-profile.ts";
import { cutPrompts } from "./cut-prompts.ts";
import { checkAlpha } from "./history.ts";
import { pickRows } from "./join-rows.ts";
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

/** The inputs of a call's conditions. */
export interface Asked extends Pick<PersonalizeOptions, "profile" | "alpha" | "negativeAlpha" | "signal"> {
	readonly prompts: readonly string[];
	readonly texts: Readings;
	readonly encoders: Encoders;
	/** Set if the profile has dislikes that may have an effect. */
	readonly sides?: CallSides | undefined;
}

type Side = "liked" | "disliked";

/** A profile that steers, its α, and which side of it to use instead of the default. */
interface Steer {
	readonly profile: Profile;
	readonly alpha: number;
	readonly side?: Side;
}

interface Steering {
	/** Steers towards its references. */
	readonly liked?: Steer;
	/** Steers away from its references. */
	readonly disliked?: Steer;
}

interface By {
	readonly ready: Ready;
	readonly alpha: number;
}

/** Personalises conditions with profiles through the adapters, by equation 2 for likes and for dislikes. */
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

	/** The condition of the prompts, with a negative condition if dislikes steer it. @throws as `DrUM.condition` */
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
		const away = this.#wayOfDislikes(asked, negativeAlpha, warnings);
		const steering: Steering = {
			...(liked && { liked: { profile, alpha } }),
			...(away === "condition" && { disliked: { profile: profile!, alpha: negativeAlpha } }),
		};
		const condition =
			liked || away === "condition"
				? await this.#steered(texts, steering, asked)
				: await composePlain(this.#mix, encoders, texts, { signal });
		const negative = away === "negative" ? await this.#negative(asked, negativeAlpha, warnings) : undefined;
		const parameters: ConditionParameters = {
			...(liked && { alpha, references: profile.references }),
			...(away && { negativeAlpha, negativeReferences: profile!.negativeReferences }),
		};
		return {
			...condition,
			prompts,
			warnings,
			...(rows !== undefined && { maxSequenceLength: rows }),
			...(layout && { layout }),
			...(negative && { negative: { ...negative, words: asked.sides!.negativeWords } }),
			...((liked || away) && { parameters }),
		};
	}

	async release(): Promise<void> {
		await Promise.all([this.#ready.liked.clear(), this.#ready.disliked.clear()]);
		await Promise.all(Object.values(this.#adapters).map((adapter) => adapter.release()));
	}

	/** Which condition dislikes steer: the negative one, or the prompt's own in a call without guidance. */
	#wayOfDislikes(asked: Asked, alpha: number, warnings: Warning[]): "negative" | "condition" | undefined {
		const { profile, sides } = asked;
		if (profile === undefined || profile.negativeCoreset.length === 0) {
			if (asked.negativeAlpha !== undefined) warnings.push(negativeAlphaUnused(profile));
			return undefined;
		}
		if (alpha === 0) return undefined;
		if (sides && !sides.guided) return "condition";
		if (sides?.negativeTexts) return "negative";
		warnings.push(dislikesUnused(this.#name, sides));
		return undefined;
	}

	/** The negative prompt's condition, steered towards the dislikes by equation 2. */
	async #negative(asked: Asked, alpha: number, warnings: Warning[]): Promise<Condition> {
		const { profile, sides, encoders } = asked;
		const texts = sides!.negativeTexts!;
		const optionOf = () => "negativePrompt";
		warnings.push(...cutPrompts(encoders, plainTexts(texts), optionOf), ...syntaxWarnings(texts));
		return this.#steered(texts, { liked: { profile: profile!, alpha, side: "disliked" } }, asked);
	}

	/** Prepares the references, and keeps them until the condition is made. */
	#steered(texts: Readings, { liked, disliked }: Steering, asked: Asked): Promise<Condition> {
		const use = <T>(by: Steer | undefined, side: Side, task: (ready: Ready | undefined) => Promise<T>): Promise<T> =>
			by ? this.#ready[by.side ?? side].use(by.profile, task) : task(undefined);
		return use(liked, "liked", (towards) =>
			use(disliked, "disliked", (from) =>
				this.#personalize(
					texts,
					asked,
					towards && { ready: towards, alpha: liked!.alpha },
					from && {
						ready: from,
						alpha: disliked!.alpha,
					},
				),
			),
		);
	}

	/** Makes the condition from the adapters' outputs: towards some references by equation 2, and away from others. */
	#personalize(
		texts: Readings,
		{ encoders, signal }: Asked,
		towards: By | undefined,
		from: By | undefined,
	): Promise<Condition> {
		const targets = new Map<string, AdapterOutput>();
		const ask = async (encoder: string, skip: Skip): Promise<AdapterOutput> => {
			const key = `${encoder}${skip}`;
			if (!targets.has(key)) {
				const [input] = encodable(texts[encoder]!);
				const { hidden, classRows } = await encoderOf(encoders, encoder).encode(input, { signal });
				for (const [each, states] of Object.entries(hidden))
					targets.set(`${encoder}${each}`, { hidden: states, classRows: classRows && pickRows(states, classRows) });
			}
			const own = targets.get(key)!;
			const by = ({ ready, alpha }: By) =>
				this.#adapters[encoder]!.personalize(own.hidden, ready.get(key)!, alpha, signal);
			const liked = towards ? await by(towards) : own;
			return from ? awayFrom(liked, await by({ ...from, alpha: 0 }), await by(from)) : liked;
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
