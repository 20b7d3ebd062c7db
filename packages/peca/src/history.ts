import { ArgumentError, shown } from "@drum/tensor";

/** What an intensity may be called, in a row and in a file. */
export const INTENSITY_NAMES = ["intensity", "rating", "weight"] as const;

/** One earlier prompt of a user, and how much they liked it. Other fields than these are passed over, as they are in files. */
export interface HistoryItem {
	prompt: string;
	/** Any finite number from 0; only ratios count, so ratings and likes do as they are. Default 1, also for null. */
	intensity?: number | null | undefined;
	/** The same under another name; a row has one of the three. */
	rating?: number | null | undefined;
	weight?: number | null | undefined;
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

/** A checked history item. */
export type Reference = { readonly prompt: string; readonly intensity: number };

/**
 * Checks a history and fills in the intensities; `before` is what came earlier and is checked already, and comes first in the result.
 * @throws ArgumentError naming the row that has no prompt, a wrong intensity or several, or when all intensities are 0.
 */
export function checkHistory(history: readonly HistoryItem[], before: readonly Reference[] = []): Reference[] {
	if (!Array.isArray(history)) {
		throw new ArgumentError({ what: "history", expected: "a list of { prompt, intensity? }", found: shown(history) });
	}
	const references = before.concat(
		Array.from(history, (item: HistoryItem | null, row): Reference => {
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
			const names = intensityNames(item as unknown as Record<string, unknown>);
			if (names.length > 1) {
				throw new ArgumentError({ what, expected: `one of ${INTENSITY_NAMES.join(", ")}`, found: names.join(" and ") });
			}
			const [name = "intensity"] = names;
			const intensity = item![name] ?? 1;
			if (typeof intensity !== "number" || !Number.isFinite(intensity) || intensity < 0) {
				throw new ArgumentError({
					what: `${name} of ${what}`,
					expected: "a finite number from 0",
					found: shown(intensity),
				});
			}
			return { prompt, intensity };
		}),
	);
	if (references.length > 0 && references.every(({ intensity }) => intensity === 0)) {
		throw new ArgumentError({ what: "intensities", expected: "at least one above 0", found: "all are 0" });
	}
	return references;
}

/**
 * The degree of personalization α, paper section 4.4: 0 keeps to the prompt, 1 to the profile.
 * @throws ArgumentError unless it is a number in [0, 1].
 */
export function checkAlpha(alpha: number): void {
	if (typeof alpha === "number" && alpha >= 0 && alpha <= 1) return;
	throw new ArgumentError({ what: "alpha", expected: "a number from 0 to 1", found: shown(alpha) });
}
