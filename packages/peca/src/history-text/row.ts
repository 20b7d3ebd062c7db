import { FileError, shown } from "@drum/tensor";
import type { HistoryItem } from "../history.ts";

/** What a column or field of intensities may be called. */
export const INTENSITY_NAMES = ["intensity", "rating", "weight"] as const;

/** Where a row stands, as `prompts.csv, line 3`. */
export interface Place {
	file: string;
	line: number;
}

/** Checks one row. An absent intensity is `undefined`. */
export function historyItem(prompt: unknown, intensity: unknown, place: Place): HistoryItem {
	if (typeof prompt !== "string") throw malformed(place, "a prompt as text", shown(prompt));
	if (prompt.trim() === "") throw malformed(place, "a prompt", "an empty one", "Leave such rows out");
	if (intensity === undefined) return { prompt };
	if (typeof intensity !== "number" || !Number.isFinite(intensity) || intensity < 0) {
		throw malformed(place, "an intensity as a number from 0", shown(intensity));
	}
	return { prompt, intensity };
}

export function malformed({ file, line }: Place, expected: string, found: string, next?: string, cause?: unknown) {
	return new FileError({ what: `${file}, line ${line}`, expected, found, ...(next && { next }), cause });
}

export function tooManyRows(file: string, most: number): FileError {
	return new FileError({ what: file, expected: `at most ${most} rows`, found: "more", next: "Keep the newest" });
}
