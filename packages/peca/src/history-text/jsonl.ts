import { shown } from "@drum/tensor";
import type { HistoryItem } from "../history.ts";
import { historyItem, INTENSITY_NAMES, malformed, type Place, tooManyRows } from "./row.ts";

const EXPECTED = '{"prompt": "…", "intensity": 1}';

/** Parses lines of `{prompt, intensity?}`; empty lines are passed over, other fields too. */
export function parseJsonl(text: string, file: string, most: number): HistoryItem[] {
	const items: HistoryItem[] = [];
	for (const { source, line } of filledLines(text)) {
		if (items.length === most) throw tooManyRows(file, most);
		items.push(parseLine(source, { file, line }));
	}
	return items;
}

function parseLine(source: string, place: Place): HistoryItem {
	let row: unknown;
	try {
		row = JSON.parse(source);
	} catch (cause) {
		const list = place.line === 1 && source.trim() === "[";
		const next = list ? "Put each row on a line of its own, without brackets" : undefined;
		throw malformed(place, EXPECTED, shorten(source), next, cause);
	}
	if (typeof row !== "object" || row === null || Array.isArray(row)) throw malformed(place, EXPECTED, shown(row));
	const fields = row as Record<string, unknown>;
	const names = INTENSITY_NAMES.filter((name) => fields[name] !== undefined && fields[name] !== null);
	if (names.length > 1) throw malformed(place, `one of ${INTENSITY_NAMES.join(", ")}`, names.join(" and "));
	if (fields.prompt === undefined)
		throw malformed(place, 'a field "prompt"', `the fields ${Object.keys(fields).join(", ") || "of {}"}`);
	return historyItem(fields.prompt, names[0] && fields[names[0]], place);
}

/** Lines that are not blank, by their numbers from 1; one by one, since a file may be mostly line breaks. */
function* filledLines(text: string): Generator<{ source: string; line: number }> {
	for (let line = 1, start = 0, end = 0; start <= text.length; line++, start = end + 1) {
		for (end = start; end < text.length && text[end] !== "\n" && text[end] !== "\r"; ) end++;
		const source = text.slice(start, end);
		if (source.trim() !== "") yield { source, line };
		if (text[end] === "\r" && text[end + 1] === "\n") end++;
	}
}

function shorten(text: string): string {
	return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
