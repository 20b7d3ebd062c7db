import { ArgumentError, shown } from "@drum/tensor";
import { readTime, shownTime, TIME_NAMES, TIMES, timeNames } from "./time.ts";

/** What an intensity may be called, in a row and in a file. */
export const INTENSITY_NAMES = ["intensity", "rating", "weight"] as const;

/** One earlier prompt of a user, and how much they liked or disliked it. Other fields than these are passed over, as they are in files. */
export interface HistoryItem {
	prompt: string;
	/**
	 * Any finite number; only ratios count, so ratings and likes do as they are. Below 0 the prompt is disliked, which is not in the paper:
	 * likes and dislikes are two histories, each with a coreset and ratios of its own. Default 1, also for null.
	 */
	intensity?: number | null | undefined;
	/** The same under another name; a row has one of the three. */
	rating?: number | null | undefined;
	weight?: number | null | undefined;
	/** When it was asked for, which a half-life needs: a Date, ISO 8601 (UTC unless it says otherwise), or seconds or milliseconds since 1970. */
	at?: Date | string | number | null | undefined;
	/** The same under another name; a row has one of the two. */
	timestamp?: Date | string | number | null | undefined;
}

/** A liked picture that has no prompt yet: `captionHistory` of `@drum/captions` gives it one. */
export interface PictureItem<Image = unknown> extends Omit<HistoryItem, "prompt"> {
	image: Image;
	prompt?: undefined;
}

/** Which names of intensities a row has a value under. */
export function intensityNames(row: Readonly<Record<string, unknown>>): (typeof INTENSITY_NAMES)[number][] {
	return INTENSITY_NAMES.filter((name) => row[name] !== undefined && row[name] !== null);
}

/** A prompt with its weight; below 0 for a dislike. */
export type Reference = { readonly prompt: string; readonly intensity: number };

/** A checked history item. */
export type DatedReference = Reference & {
	/** ISO 8601 in UTC, where it is known. */
	readonly at?: string | undefined;
};

/**
 * Checks a history and fills in the intensities; `before` is what came earlier and is checked already, and comes first in the result.
 * @throws ArgumentError naming the row that has no prompt, a wrong intensity, a wrong time, or several of one, or when all intensities are 0.
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
			...(isPicture && { next: "Give pictures prompts before: captionHistory of @drum/captions" }),
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
 * The degree of personalization α, paper section 4.4: 0 keeps to the prompt, 1 to the profile.
 * @throws ArgumentError unless it is a number in [0, 1].
 */
export function checkAlpha(alpha: number, what: "alpha" | "negativeAlpha" = "alpha"): void {
	if (typeof alpha === "number" && alpha >= 0 && alpha <= 1) return;
	throw new ArgumentError({ what, expected: "a number from 0 to 1", found: shown(alpha) });
}
