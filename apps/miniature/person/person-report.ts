import { type Estimate, summarize } from "@drum/eval";
import { duration, interval, markdownTable } from "@drum/eval-runs";
import type { Score } from "./bench.ts";
import type { PersonResults } from "./person-results.ts";

/** What was measured of people who dislike, begin and change, as Markdown. */
export function personReport({ settings, seconds, machine, pictures, tables }: PersonResults): string {
	const { dislikes, beginnings, changes } = tables;
	return [
		"# Dislikes, beginnings and change in miniature",
		`Made-up users with a known taste, and ${pictures} pictures of 64 × 64 by a model of a few megabytes (${settings.steps} steps of DDIM, guidance 4, α = 0.3, seed ${settings.seed}), in ${duration(seconds)} on ${machine}. Numbers in brackets are 95 % bootstrap intervals over users. The paper has no dislikes, no blends and no ages: none of this is its own. Scores of another CLIP on another domain: look at what changes between rows, not at heights.`,
		"## Dislikes",
		`${settings.users} users like what \`@drum/tiny\`'s users like, and dislike what the model draws most often where their prompts leave a colour, a pattern or a style open, told on pictures of another seed. Eight prompts that ask for it are disliked. Two pictures of each of two targets; the last column is the change beside the likes alone, user by user. The CLIP score of the history is to what is liked.`,
		table(dislikes, "shows what is disliked, %", "likes alone"),
		"## A new user, alone and blended",
		`${settings.users} new users with their first prompts, alone, and blended by \`Profile.blend\` with the three of ${settings.known} known users whose references are most like theirs: weight 1 for the own prompts, 1 for the three together. Scored against the user's whole history, most of which the profile has not seen. One picture of each of two targets.`,
		table(beginnings, "shows the taste, %", "prompt as it is"),
		"## A taste that has changed",
		`${settings.users} users with 20 to 40 prompts of one taste, one a day, and then 8 of another, whose targets are drawn and whose user's history they are scored against. One picture of each of two targets.`,
		table(changes, "shows the new taste, %", "age does not count"),
		"",
	].join("\n\n");
}

type Rows = Readonly<Record<string, readonly Score[]>>;

function table(rows: Rows, shown: string, over: string): string {
	const base = rows[over]!;
	return markdownTable(
		["", "CLIP score, target", "history", shown, `change of that beside “${over}”`],
		Object.entries(rows).map(([name, scores]) => [
			name,
			interval(estimate(scores.map(({ target }) => target))),
			interval(estimate(scores.map(({ history }) => history))),
			interval(estimate(scores.map((score) => score.shown)), 100),
			name === over ? "" : interval(estimate(scores.map((score, i) => score.shown - base[i]!.shown)), 100),
		]),
	);
}

function estimate(values: readonly number[]): Estimate {
	return summarize(values.map((value) => ({ target: value, history: value }))).target;
}
