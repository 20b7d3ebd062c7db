import { personalizedFeatures, type Scores, scoresOf } from "@drum/eval";
import type { Reference } from "@drum/pipelines-sd";
import { RandomState, type Tensor } from "@drum/tensor";
import type { Bench } from "../person/bench.ts";
import type { Kind } from "./kinds.ts";

/** Which references lead a user's pictures, and how far. */
export interface Led {
	readonly references: readonly Reference[];
	readonly alpha: number;
}

/** How near pictures, and the conditions that they were drawn from, are to target and history. */
export interface Row {
	readonly references: number;
	/** Of conditions, as Table 2 (b). */
	readonly align: Scores;
	/** Of pictures, as Table 2 (a); undefined where none were drawn. */
	readonly clip?: Scores | undefined;
}

/** Pictures of a kind, which other kinds with the same prompts may be scored by. */
export interface Drawn {
	readonly references: number;
	readonly condition: Tensor<"float32">;
	readonly pictures?: Tensor<"float32"> | undefined;
}

/** Draws one user's pictures, and scores them. */
export class Studies {
	readonly #bench: Bench;
	readonly #seed: number;

	/** @param seed of the pictures: the same in all rows */
	constructor(bench: Bench, seed: number) {
		this.#bench = bench;
		this.#seed = seed;
	}

	/** The coreset of the paper's tenth. */
	async coreset(history: readonly Reference[]): Promise<Reference[]> {
		const profile = await this.#bench.models.drum.profile(history, { ratio: 0.1 });
		return profile.references;
	}

	/** As many as the coreset has, drawn at random. */
	async random(history: readonly Reference[]): Promise<Reference[]> {
		const { length } = await this.coreset(history);
		return Array.from(new RandomState(this.#seed).choice(history.length, length), (row) => history[row]!);
	}

	/** Pictures and conditions; without `led`, of the prompts as they are. */
	async draw(prompts: readonly string[], led?: Led, guidanceScale?: number): Promise<Drawn> {
		const { drum } = this.#bench.models;
		const profile = led && (await drum.profile(led.references, { ratio: 1 }));
		const steering = profile && { profile, alpha: led.alpha };
		const scale = guidanceScale === undefined ? {} : { guidanceScale };
		const pictures = await this.#bench.draw(prompts, { ...steering, ...scale, seed: this.#seed, each: 1 });
		return { ...(await this.condition(prompts, led)), pictures };
	}

	/** Conditions alone. */
	async condition(
		prompts: readonly string[],
		{ references, alpha }: Led = { references: [], alpha: 0 },
	): Promise<Drawn> {
		const { encoder, adapter } = this.#bench.models.aligned[0]!;
		const condition = await personalizedFeatures({ encoder, adapter, prompts, references, alpha });
		return { references: references.length, condition };
	}

	async score({ references, condition, pictures }: Drawn, { scored, history }: Omit<Kind, "drawn">): Promise<Row> {
		const { text } = this.#bench.models;
		const user = {
			targets: await text.features(scored),
			history: await text.features(history.map(({ prompt }) => prompt)),
			intensities: history.map(({ intensity }) => intensity),
		};
		return { references, align: scoresOf(condition, user), clip: pictures && scoresOf(pictures, user) };
	}

	/** A picture's scores to the two prompts of a pair, at a degree. */
	async between(target: string, reference: string, alpha: number): Promise<Scores> {
		const drawn = await this.draw([target], { references: [{ prompt: reference, intensity: 1 }], alpha });
		const history = [{ prompt: reference, intensity: 1 }];
		return (await this.score(drawn, { scored: [target], history })).clip!;
	}
}

/** The same references so many times over. */
export function repeated(references: readonly Reference[], times: number): Reference[] {
	return Array.from({ length: times }, () => references).flat();
}

/** With every entry liked the same. */
export function even(history: readonly Reference[]): Reference[] {
	return history.map(({ prompt }) => ({ prompt, intensity: 1 }));
}
