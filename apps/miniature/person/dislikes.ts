import { VALUES } from "@drum/tiny";
import { TasteCaptions } from "../taste-captions.ts";
import { type Bench, rowsOf, type Score } from "./bench.ts";
import { type DislikingUser, makeDislikingUsers } from "./disliking-users.ts";

/** Degrees of personalization of the negative prompt that are measured. */
const NEGATIVE_ALPHAS = [0.3, 0.6, 1] as const;
/** The same of calls without guidance, whose prompt is led away itself. */
const UNGUIDED = [0, 0.3, 1] as const;
/** Pictures of each target, with another seed than the measured ones: they show what the model draws most often. */
const SEEN = 4;
const EACH = 2;

/** What is measured, in the rows' order; beside the dial, what says the dislike in words. */
export const DISLIKE_ROWS = [
	"prompt as it is",
	"likes alone",
	...NEGATIVE_ALPHAS.map((alpha) => `likes and dislikes, α⁻ = ${alpha}`),
	"likes, and the dislike as negative prompt",
	...UNGUIDED.map((alpha) => (alpha === 0 ? "without guidance, likes alone" : `without guidance, α⁻ = ${alpha}`)),
] as const;

/**
 * Pictures of users who dislike what the model draws most often where their prompts leave an attribute open: by the rows' names, each
 * user's scores. `shown` is of the disliked value, the history that of what they like.
 */
export async function measureDislikes(
	bench: Bench,
	{ users, seed, signal }: { users: number; seed: number; signal?: AbortSignal | undefined },
): Promise<Map<string, Score[]>> {
	const rows = new Map<string, Score[]>(DISLIKE_ROWS.map((name) => [name, []]));
	for (const user of makeDislikingUsers(users, seed)) {
		signal?.throwIfAborted();
		for (const [name, score] of await measureUser(bench, user)) rows.get(name)!.push(score);
	}
	return rows;
}

async function measureUser(bench: Bench, { user, attribute, targets, disliking }: DislikingUser) {
	const { scorer, drum } = bench.models;
	const prompts = targets.map(({ prompt }) => prompt);
	const captionsOf = (value: string) =>
		Promise.all(targets.map(({ told }) => TasteCaptions.of(scorer.text, told, { attribute, value, strength: 1 })));
	const values: readonly string[] = VALUES[attribute];
	const seen = await bench.draw(prompts, { seed: 10_000 + user.number, each: SEEN });
	const told = (await captionsOf(values[0]!)).flatMap((each, i) => each.valuesOf(rowsOf(seen, i * SEEN, SEEN)));
	const value = mostOften(told.map((place) => values[place]!));
	const captions = await captionsOf(value);

	const likes = user.history.map(({ prompt, intensity }) => ({ prompt, intensity }));
	const profile = await drum.profile([...likes, ...disliking(value)]);
	const calls = [
		{},
		{ profile, negativeAlpha: 0 },
		...NEGATIVE_ALPHAS.map((negativeAlpha) => ({ profile, negativeAlpha })),
		{ profile, negativeAlpha: 0, negativePrompt: value },
		...UNGUIDED.map((negativeAlpha) => ({ profile, negativeAlpha, guidanceScale: 1 })),
	];
	const scores: [string, Score][] = [];
	for (const [i, call] of calls.entries()) {
		const pictures = await bench.draw(prompts, { ...call, seed: user.number, each: EACH });
		const scored = { targets: prompts, history: likes };
		const score = await bench.score(pictures, scored, (target, own) => captions[target]!.shownBy(own));
		scores.push([DISLIKE_ROWS[i]!, score]);
	}
	return scores;
}

/** The first of those that are equally often there. */
function mostOften(values: readonly string[]): string {
	const counts = new Map<string, number>();
	for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
	return [...counts].reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}
