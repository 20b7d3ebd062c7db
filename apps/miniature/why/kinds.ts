import type { Reference } from "@drum/pipelines-sd";
import { RandomState } from "@drum/tensor";
import { ATTRIBUTES, type Captions, captions, type Told, type User } from "@drum/tiny";

/** What a user's pictures are drawn from and what they are compared with. */
export interface Kind {
	/** One prompt for each picture. */
	readonly drawn: readonly string[];
	/** The target prompts that the pictures are scored against, in the same order. */
	readonly scored: readonly string[];
	readonly history: readonly Reference[];
}

/** The same person, asked in the ways that the reading of the paper leaves open. */
export interface Kinds {
	/** The report's: prompts that leave the taste open, scored against themselves. */
	readonly open: Kind;
	/** The same pictures, scored against the prompts that say the taste as well. */
	readonly meant: Kind;
	/** Prompts that say the taste, drawn and scored. */
	readonly said: Kind;
	/** The two newest entries of the history, drawn and scored as they are (paper 5.2). */
	readonly newest: Kind;
	/** Their abbreviations, scored against themselves; PIP has such a query with each target. */
	readonly query: Kind;
	/** The same pictures, scored against the newest entries, as Tailored Visions compares. */
	readonly queryMeant: Kind;
	/** The newest entries, after a history in which each was tried again and again with one thing changed. */
	readonly tried: Kind;
	/** The report's targets, with a longer history. */
	readonly long: Kind;
}

const TARGETS = 2;
const TRIES = 30;

/**
 * A user's number and the seed alone decide.
 * @param long prompts of the long history
 */
export function kindsOf(user: User, { seed, long }: { seed: number; long: number }): Kinds {
	const random = new RandomState((seed * 10_007 + 7_001 + user.number) % 2 ** 32);
	const source = captions(random.randint(0, 2 ** 31, 1)[0]!);
	const open = user.targets.map(({ prompt }) => prompt);
	const wish = user.targets.map(({ wish }) => wish);
	const all = likesOf(user);
	const [history, last] = [all.slice(0, -TARGETS), user.history.slice(-TARGETS)];
	const newest = last.map(({ prompt }) => prompt);
	const query = last.map(({ told: { subject, count } }) => source.describe({ subject, count }));
	const told = last.map(({ told }) => told);
	const tried = Array.from({ length: TRIES }, (_, i) => vary(told[i % TARGETS]!, source, random));
	return {
		open: { drawn: open, scored: open, history: all },
		meant: { drawn: open, scored: wish, history: all },
		said: { drawn: wish, scored: wish, history: all },
		newest: { drawn: newest, scored: newest, history },
		query: { drawn: query, scored: query, history },
		queryMeant: { drawn: query, scored: newest, history },
		tried: { drawn: newest, scored: newest, history: tried.map((prompt) => ({ prompt, intensity: 1 })) },
		long: { drawn: open, scored: open, history: longHistory(long, user, source, random) },
	};
}

function likesOf({ history }: User): Reference[] {
	return history.map(({ prompt, intensity }) => ({ prompt, intensity }));
}

/** The same prompt with one of its attributes changed, added or left out, in other words. */
function vary(told: Told, source: Captions, random: RandomState): string {
	const names = ATTRIBUTES.filter((name) => name !== "subject");
	const name = names[random.randint(0, names.length, 1)[0]!]!;
	const left = told[name] !== undefined && random.random(1)[0]! < 0.5;
	const other = source.randomScene({ subject: told.subject });
	return source.describe({ ...told, [name]: left ? undefined : other[name] });
}

/** Entries as the user's own: each taste is asked for by its strength, and liked by how much of it was asked for. */
function longHistory(length: number, { tastes }: User, source: Captions, random: RandomState): Reference[] {
	const whole = tastes.reduce((sum, { strength }) => sum + strength, 0);
	return Array.from({ length }, () => {
		const chances = random.random(tastes.length + 1);
		const asked = tastes.filter(({ strength }, i) => chances[i]! < strength);
		const values = Object.fromEntries(asked.map(({ attribute, value }) => [attribute, value]));
		const told: Told = source.tell(source.randomScene(values));
		const chance = (name: string) =>
			tastes.some((taste) => taste.attribute === name && told[taste.attribute] === taste.value);
		const kept = Object.fromEntries(Object.entries(told).filter(([name]) => !chance(name))) as Told;
		const liked = asked.reduce((sum, { strength }) => sum + strength, 0) / whole;
		const intensity = 0.2 + 0.7 * liked + 0.1 * chances.at(-1)!;
		return { prompt: source.describe({ ...kept, ...values }), intensity };
	});
}
