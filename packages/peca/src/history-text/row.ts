import { FileError, shown } from "@drum/tensor";
import type { HistoryItem, PictureItem } from "../history.ts";
import { readTime, shownTime, TIMES } from "../time.ts";

/** A history's text, and how to read it. */
export interface Source {
	/** Whether a row may have a picture instead of a prompt. */
	readonly images: boolean;
	readonly text: string;
	/** The file's name, for errors. */
	readonly file: string;
	/** The most rows. */
	readonly most: number;
	readonly onRow: (item: HistoryRow, where: string) => void;
	/** Called with each name of a column or a field. */
	readonly onName: (name: string) => void;
}

/** A row of a file: a prompt, possibly with the path of the picture that it describes, or only a picture's path. */
export type HistoryRow = (HistoryItem & { image?: string }) | PictureItem<string>;

/** The place of a row: `prompts.csv, line 3`, or `prompts.json, row 3` in a JSON list. */
export type Place = { readonly file: string; readonly line: number } | { readonly file: string; readonly row: number };

export function whereOf(place: Place): string {
	return "line" in place ? `line ${place.line}` : `row ${place.row}`;
}

const DECIMAL_COMMA = /^\s*[+-]?\d+,\d+\s*$/;

/** Checks one row; pass `undefined` for a missing intensity or time. @throws FileError naming the place and the wrong value */
export function historyItem(prompt: unknown, intensity: unknown, time: unknown, place: Place): HistoryItem {
	if (typeof prompt !== "string") throw malformed(place, "a prompt as text", shown(prompt));
	if (prompt.trim() === "") throw malformed(place, "a prompt", "an empty one", "Leave such rows out");
	return { prompt, ...intensityOf(intensity, place), ...timeOf(time, place) };
}

/** Checks one row with a picture. @throws as `historyItem` */
export function pictureItem(
	image: unknown,
	prompt: unknown,
	intensity: unknown,
	time: unknown,
	place: Place,
): HistoryRow {
	if (typeof image !== "string" || image.trim() === "")
		throw malformed(place, "a picture's path as text", shown(image));
	if (prompt !== undefined) return { ...historyItem(prompt, intensity, time, place), image };
	return { image, ...intensityOf(intensity, place), ...timeOf(time, place) };
}

function timeOf(time: unknown, place: Place): { at?: string } {
	const at = readTime(time);
	if (at === null) throw malformed(place, TIMES, shownTime(time));
	return at === undefined ? {} : { at };
}

function intensityOf(intensity: unknown, place: Place): { intensity?: number } {
	if (intensity === undefined) return {};
	if (typeof intensity !== "number" || !Number.isFinite(intensity)) {
		const comma = typeof intensity === "string" && DECIMAL_COMMA.test(intensity);
		const next = comma ? "Write decimal numbers with a point, as 4.5, and thousands without a comma" : undefined;
		throw malformed(place, "an intensity as a number", shown(intensity), next);
	}
	return { intensity };
}

export function malformed(place: Place, expected: string, found: string, next?: string, cause?: unknown) {
	return new FileError({ what: `${place.file}, ${whereOf(place)}`, expected, found, ...(next && { next }), cause });
}

export function tooManyRows(file: string, most: number): FileError {
	return new FileError({ what: file, expected: `at most ${most} rows`, found: "more", next: "Keep the newest" });
}
