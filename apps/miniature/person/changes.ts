import { makeUsers } from "@drum/tiny";
import { likesOf, scoreUser } from "./beginnings.ts";
import type { Bench, Score } from "./bench.ts";

/** Half-lives in days that are measured: a prompt a day. */
const HALF_LIVES = [5, 20] as const;

export const CHANGE_ROWS = [
	"prompt as it is",
	"age does not count",
	...HALF_LIVES.toReversed().map((days) => `half-life ${days} days`),
	"the new taste's prompts alone",
] as const;

const DAY = 86_400_000;
const BEGIN = Date.UTC(2026, 0, 1);

/**
 * Users whose taste has changed: an earlier history of one user's taste, a prompt a day, and after it another's of 8 days, whose targets
 * are drawn and whose history they are scored against.
 */
export async function measureChanges(
	bench: Bench,
	{ users, seed, signal }: { users: number; seed: number; signal?: AbortSignal | undefined },
): Promise<Map<string, Score[]>> {
	const rows = new Map<string, Score[]>(CHANGE_ROWS.map((name) => [name, []]));
	const all = makeUsers(2 * users, seed);
	for (const [i, user] of all.slice(0, users).entries()) {
		signal?.throwIfAborted();
		const now = likesOf(user).slice(-NEW);
		const both = [...likesOf(all[users + i]!), ...now];
		const history = both.map((row, day) => ({ ...row, at: new Date(BEGIN + day * DAY) }));
		const { drum } = bench.models;
		const profiles = [undefined, await drum.profile(history)];
		for (const halfLife of HALF_LIVES.toReversed()) profiles.push(await drum.profile(history, { halfLife }));
		profiles.push(await drum.profile(now));
		for (const [place, profile] of profiles.entries())
			rows.get(CHANGE_ROWS[place]!)!.push(await scoreUser(bench, user, profile));
	}
	return rows;
}

/** Prompts of the new taste. */
const NEW = 8;
