import { FileError, shown } from "@drum/tensor";
import type { HistoryItem } from "../history.ts";

/** A history's text, and how much of it is wanted. */
export interface Source {
	readonly text: string;
	/** What it is called in errors. */
	readonly file: string;
	readonly most: number;
	readonly onRow: (item: HistoryItem, where: string) => void;
	/** Told each name of a column or a field. */
	readonly onName: (name: string) => void;
}

/** Where a row stands, as `prompts.csv, line 3`, or in a JSON list `prompts.json, row 3`. */
export type Place = { readonly file: string; readonly line: number } | { readonly file: string; readonly row: number };

export function whereOf(place: Place): string {
	return "line" in place ? `line ${place.line}` : `row ${place.row}`;
}

const DECIMAL_COMMA = /^\s*[+-]?\d+,\d+\s*$/;

/** Checks one row. An absent intensity is `undefined`. */
export function historyItem(prompt: unknown, intensity: unknown, place: Place): HistoryItem {
	if (typeof prompt !== "string") throw malformed(place, "a prompt as text", shown(prompt));
	if (prompt.trim() === "") throw malformed(place, "a prompt", "an empty one", "Leave such rows out");
	if (intensity === undefined) return { prompt };
	if (typeof intensity !== "number" || !Number.isFinite(intensity) || intensity < 0) {
		const comma = typeof intensity === "string" && DECIMAL_COMMA.test(intensity);
		const next = comma ? "Write decimal numbers with a point, as 4.5, and thousands without a comma" : undefined;
		throw malformed(place, "an intensity as a number from 0", shown(intensity), next);
	}
	return { prompt, intensity };
}

export function malformed(place: Place, expected: string, found: string, next?: string, cause?: unknown) {
	return new FileError({ what: `${place.file}, ${whereOf(place)}`, expected, found, ...(next && { next }), cause });
}

export function tooManyRows(file: string, most: number): FileError {
	return new FileError({ what: file, expected: `at most ${most} rows`, found: "more", next: "Keep the newest" });
}
