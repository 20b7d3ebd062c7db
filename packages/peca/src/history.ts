import { ArgumentError, shown } from "@drum/tensor";
import { readTime, shownTime, TIME_NAMES, TIMES, timeNames } from "./time.ts";

/** Names that an intensity may have, in a row and in a file. */
export const INTENSITY_NAMES = ["intensity", "rating", "weight"] as const;

/** One earlier prompt of a user, and how much they liked or disliked it. Other fields are ignored. */
export interface HistoryItem {
	prompt: string;
	/**
	 * pᵢ of equation 2: any finite number. Only ratios count, so ratings can be used as they are. Below 0, the prompt is disliked, which is
	 * not in the paper: likes and dislikes are separate histories, each with its own coreset and ratios. Default 1, also for null.
	 */
	intensity?: number | null | undefined;
	/** Another name of `intensity`; a row may have only one of the three. */
	rating?: number | null | undefined;
	/** Another name of `intensity`. */
	weight?: number | null | undefined;
	/** The prompt's time, needed for a half-life: a Date, ISO 8601 (UTC unless it has a zone), or seconds or milliseconds since 1970. */
	at?: Date | string | number | null | undefined;
	/** Another name of `at`; a row may have only one of the two. */
	timestamp?: Date | string | number | null | undefined;
}

/** A picture without a prompt. `captionHistory` of `@drum/captions` gives it one. */
export interface PictureItem<Image = unknown> extends Omit<HistoryItem, "prompt"> {
	image: Image;
	prompt?: undefined;
}

/** Which of `INTENSITY_NAMES` have a value in a row. */
export function intensityNames(row: Readonly<Record<string, unknown>>): (typeof INTENSITY_NAMES)[number][] {
	return INTENSITY_NAMES.filter((name) => row[name] !== undefined && row[name] !== null);
}

/** A prompt with its intensity, which is below 0 for a dislike. */
export type Reference = { readonly prompt: string; readonly intensity: number };

/** A checked history item. */
export type DatedReference = Reference & {
	/** Its time, ISO 8601 in UTC; undefined if unknown. */
	readonly at?: string | undefined;
};

/**
 * Checks a history and fills in missing intensities.
 * @param before the earlier part of the history, already checked; it comes first in the result
 * @throws ArgumentError naming the row with a missing prompt, a wrong intensity or time, or several names of one, or if all intensities
 * are 0
 */
export function checkHistory(
	history: readonly HistoryItem[],
	before: readonly DatedReference[] = [],
): DatedReference[] {
	if (!Array.isArray(history)) {
		throw new ArgumentError({ what: "history", expected: "a list of { prompt, intensity? }", found: shown(history) });
	}
	const references = before.concat(Array.from(history, checkItem));
	if (references.length > 0 && references.every(({ intensity }) => intensity === 0)) {
		throw new ArgumentError({ what: "intensities", expected: "at least one other than 0", found: "all are 0" });
	}
	return references;
}

function checkItem(item: HistoryItem | null, row: number): DatedReference {
	const { prompt } = item ?? {};
	const what = `history row ${row}`;
	if (typeof prompt !== "string") {
		const isPicture = prompt === undefined && (item as { image?: unknown } | null)?.image !== undefined;
		throw new ArgumentError({
			what,
			expected: "{ prompt: string, intensity?: number }",
			found: isPicture ? "a picture without a prompt" : shown(item),
			...(isPicture && { next: "Caption the pictures first, with captionHistory of @drum/captions" }),
		});
	}
	if (prompt.trim() === "") {
		throw new ArgumentError({ what, expected: "a prompt", found: "an empty one", next: "Leave such rows out" });
	}
	const fields = item as unknown as Record<string, unknown>;
	const names = intensityNames(fields);
	if (names.length > 1) {
		throw new ArgumentError({ what, expected: `one of ${INTENSITY_NAMES.join(", ")}`, found: names.join(" and ") });
	}
	const [name = "intensity"] = names;
	const intensity = item![name] ?? 1;
	if (typeof intensity !== "number" || !Number.isFinite(intensity)) {
		throw new ArgumentError({ what: `${name} of ${what}`, expected: "a finite number", found: shown(intensity) });
	}
	const times = timeNames(fields);
	if (times.length > 1) {
		throw new ArgumentError({ what, expected: `one of ${TIME_NAMES.join(", ")}`, found: times.join(" and ") });
	}
	const given = times[0] && fields[times[0]];
	const at = readTime(given);
	if (at === null)
		throw new ArgumentError({ what: `${times[0]} of ${what}`, expected: TIMES, found: shownTime(given) });
	return { prompt, intensity, ...(at !== undefined && { at }) };
}

/**
 * Checks the degree of personalization α (paper section 4.4): with 0 only the prompt counts, with 1 only the profile.
 * @throws ArgumentError unless it is a number in [0, 1]
 */
export function checkAlpha(alpha: number, what: "alpha" | "negativeAlpha" = "alpha"): void {
	if (typeof alpha === "number" && alpha >= 0 && alpha <= 1) return;
	throw new ArgumentError({ what, expected: "a number from 0 to 1", found: shown(alpha) });
}
