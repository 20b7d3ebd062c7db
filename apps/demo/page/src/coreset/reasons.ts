import type { Pick } from "../../../api/index.ts";

/** Why a prompt was chosen, in words. */
export interface Reason {
	/** As "2nd". */
	order: string;
	/** What Algorithm 1 saw in it. */
	because: string;
	/** For how many prompts it stands. */
	stands: string;
}

/** `picks` are all of the coreset, `entries` is how many prompts the history has. */
export function reasonOf(pick: Pick, picks: readonly Pick[], entries: number): Reason {
	return { order: ordinal(pick.rank + 1), because: becauseOf(pick, picks), stands: standsOf(pick, entries) };
}

function becauseOf({ rank, score, intensity, nearestBefore }: Pick, picks: readonly Pick[]): string {
	// D has the intensity in it; without one there is no similarity to tell.
	const amount = Math.abs(intensity);
	const similarity = amount > 0 ? score / amount : 0;
	const sum = `similarity ${decimal(similarity)} × intensity ${decimal(amount)} = ${decimal(score)}`;
	const all = intensity < 0 ? "Of all that is disliked" : "Of all prompts";
	const among = rank === 0 ? all : "Of what was left";
	const before = picks.find(({ entryId }) => entryId === nearestBefore);
	if (!before) return `${among}, it is closest to the history on the whole: ${sum}.`;
	const least = `“${shorten(before.prompt)}”`;
	if (rank === 1) return `${among}, it is closest to the first choice, ${least}: ${sum}.`;
	return `${among}, it stays closest to all choices before, even to the one least like it, ${least}: ${sum}.`;
}

function standsOf({ standsFor }: Pick, entries: number): string {
	const others = standsFor - 1;
	if (others > 0) return `It stands for itself and ${others} more of ${entries} prompts.`;
	return entries === 1 ? "It is the whole history." : "It stands for itself alone.";
}

/** 1st, 2nd, 3rd, 4th, 11th, … */
export function ordinal(n: number): string {
	const rule = new Intl.PluralRules("en", { type: "ordinal" }).select(n);
	return n + ({ one: "st", two: "nd", few: "rd" }[rule as string] ?? "th");
}

export function percent(share: number): string {
	if (share > 0 && share < 0.005) return "under 1 %";
	return `${Math.round(share * 100)} %`;
}

function decimal(value: number): string {
	return Number(value.toFixed(2)).toString();
}

function shorten(text: string): string {
	return text.length > 60 ? `${text.slice(0, 59).trimEnd()}…` : text;
}
