import { jsonFault, parseJson, shown } from "@drum/tensor";
import { INTENSITY_NAMES, intensityNames } from "../history.ts";
import { TIME_NAMES, timeNames } from "../time.ts";
import {
	type HistoryRow,
	historyItem,
	malformed,
	type Place,
	pictureItem,
	type Source,
	tooManyRows,
	whereOf,
} from "./row.ts";

const EXPECTED = '{"prompt": "…", "intensity": 1}';

/**
 * Parses lines of `{prompt, intensity?, at?}`, or one JSON list of them. With `images`, rows may also be `{image, prompt?, intensity?, at?}`.
 * Ignores empty lines and other fields.
 * @throws FileError naming the malformed line or row, or for too many rows
 */
export function parseJsonl(source: Source): HistoryRow[] {
	const { text, file, most, onRow } = source;
	if (/^\s*\[/.test(text)) return parseList(source);
	const items: HistoryRow[] = [];
	for (const { written, line } of filledLines(text)) {
		if (items.length === most) throw tooManyRows(file, most);
		const place = { file, line };
		const item = parseLine(written, place, source);
		onRow(item, whereOf(place));
		items.push(item);
	}
	return items;
}

function parseList(source: Source): HistoryRow[] {
	const { text, file, most, onRow } = source;
	let rows: unknown[];
	try {
		rows = parseJson(text) as unknown[];
	} catch (cause) {
		const place = Number(/line (\d+) column/.exec((cause as Error).message)?.[1] ?? 1);
		const expected = `${EXPECTED} in each line, or one JSON list of them`;
		throw malformed(
			{ file, line: place },
			expected,
			jsonFault(text, cause),
			"Write the lines without brackets, or one complete JSON list",
			cause,
		);
	}
	if (rows.length > most) throw tooManyRows(file, most);
	return rows.map((row, i) => {
		const place = { file, row: i + 1 };
		const item = itemOf(row, place, source);
		onRow(item, whereOf(place));
		return item;
	});
}

function parseLine(written: string, place: Place, source: Source): HistoryRow {
	try {
		return itemOf(parseJson(written), place, source);
	} catch (cause) {
		if (!(cause instanceof SyntaxError)) throw cause;
		const comma = /\}\s*,\s*$/.test(written) ? "Leave out the commas between lines" : undefined;
		throw malformed(place, EXPECTED, jsonFault(written, cause), comma, cause);
	}
}

function itemOf(row: unknown, place: Place, source: Source): HistoryRow {
	if (typeof row !== "object" || row === null || Array.isArray(row)) throw malformed(place, EXPECTED, shown(row));
	const fields = row as Record<string, unknown>;
	for (const name of Object.keys(fields)) source.onName(name);
	const names = intensityNames(fields);
	if (names.length > 1) throw malformed(place, `one of ${INTENSITY_NAMES.join(", ")}`, names.join(" and "));
	const times = timeNames(fields);
	if (times.length > 1) throw malformed(place, `one of ${TIME_NAMES.join(", ")}`, times.join(" and "));
	const [intensity, time] = [names[0] && fields[names[0]], times[0] && fields[times[0]]];
	const { prompt, image } = fields;
	if (source.images && image !== undefined && image !== null)
		return pictureItem(image, prompt ?? undefined, intensity, time, place);
	if (prompt === undefined) {
		const next = image === undefined ? undefined : "Caption the pictures first, with drum caption";
		throw malformed(place, 'a field "prompt"', `the fields ${shown(Object.keys(fields))}`, next);
	}
	return historyItem(prompt, intensity, time, place);
}

/** Yields lines that are not blank, with their numbers from 1. A generator, because a file may be mostly line breaks. */
function* filledLines(text: string): Generator<{ written: string; line: number }> {
	for (let line = 1, start = 0, end = 0; start <= text.length; line++, start = end + 1) {
		for (end = start; end < text.length && text[end] !== "\n" && text[end] !== "\r"; ) end++;
		const written = text.slice(start, end);
		if (written.trim() !== "") yield { written, line };
		if (text[end] === "\r" && text[end + 1] === "\n") end++;
	}
}
