import { ArgumentError, shown } from "@drum/tensor";

/** One earlier prompt of a user, and how much they liked it. */
export interface HistoryItem {
	prompt: string;
	/** Any finite number from 0; only ratios count, so ratings and likes do as they are. Default 1. */
	intensity?: number | undefined;
}

/** A checked history item. */
export type Reference = { readonly prompt: string; readonly intensity: number };

/**
 * Checks a history and fills in the intensities; `before` is what came earlier and is checked already, and comes first in the result.
 * @throws ArgumentError naming the row that has no prompt or a wrong intensity, or when all intensities are 0.
 */
export function checkHistory(history: readonly HistoryItem[], before: readonly Reference[] = []): Reference[] {
	if (!Array.isArray(history)) {
		throw new ArgumentError({ what: "history", expected: "a list of { prompt, intensity? }", found: shown(history) });
	}
	const references = before.concat(
		Array.from(history, (item: HistoryItem | null, row) => {
			const { prompt, intensity = 1 } = item ?? {};
			const what = `history row ${row}`;
			if (typeof prompt !== "string") {
				throw new ArgumentError({
					what,
					expected: "{ prompt: string, intensity?: number }",
					found: shown(item),
				});
			}
			if (prompt.trim() === "") {
				throw new ArgumentError({ what, expected: "a prompt", found: "an empty one", next: "Leave such rows out" });
			}
			if (typeof intensity !== "number" || !Number.isFinite(intensity) || intensity < 0) {
				throw new ArgumentError({
					what: `intensity of ${what}`,
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
