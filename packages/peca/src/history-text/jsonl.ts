import { jsonFault, parseJson, shown } from "@drum/tensor";
import { type HistoryItem, INTENSITY_NAMES, intensityNames } from "../history.ts";
import { historyItem, malformed, type Place, type Source, tooManyRows, whereOf } from "./row.ts";

const EXPECTED = '{"prompt": "…", "intensity": 1}';

/** Parses lines of `{prompt, intensity?}`, or one JSON list of them; empty lines are passed over, other fields too. */
export function parseJsonl(source: Source): HistoryItem[] {
	const { text, file, most, onRow, onName } = source;
	if (/^\s*\[/.test(text)) return parseList(source);
	const items: HistoryItem[] = [];
	for (const { written, line } of filledLines(text)) {
		if (items.length === most) throw tooManyRows(file, most);
		const place = { file, line };
		const item = parseLine(written, place, onName);
		onRow(item, whereOf(place));
		items.push(item);
	}
	return items;
}

function parseList({ text, file, most, onRow, onName }: Source): HistoryItem[] {
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
			"Lines are written without brackets",
			cause,
		);
	}
	if (rows.length > most) throw tooManyRows(file, most);
	return rows.map((row, i) => {
		const place = { file, row: i + 1 };
		const item = itemOf(row, place, onName);
		onRow(item, whereOf(place));
		return item;
	});
}

function parseLine(written: string, place: Place, onName: Source["onName"]): HistoryItem {
	try {
		return itemOf(parseJson(written), place, onName);
	} catch (cause) {
		if (!(cause instanceof SyntaxError)) throw cause;
		const comma = /\}\s*,\s*$/.test(written) ? "Leave out the commas between lines" : undefined;
		throw malformed(place, EXPECTED, jsonFault(written, cause), comma, cause);
	}
}

function itemOf(row: unknown, place: Place, onName: Source["onName"]): HistoryItem {
	if (typeof row !== "object" || row === null || Array.isArray(row)) throw malformed(place, EXPECTED, shown(row));
	const fields = row as Record<string, unknown>;
	for (const name of Object.keys(fields)) onName(name);
	const names = intensityNames(fields);
	if (names.length > 1) throw malformed(place, `one of ${INTENSITY_NAMES.join(", ")}`, names.join(" and "));
	if (fields.prompt === undefined)
		throw malformed(place, 'a field "prompt"', `the fields ${shown(Object.keys(fields))}`);
	return historyItem(fields.prompt, names[0] && fields[names[0]], place);
}

/** Lines that are not blank, by their numbers from 1; one by one, since a file may be mostly line breaks. */
function* filledLines(text: string): Generator<{ written: string; line: number }> {
	for (let line = 1, start = 0, end = 0; start <= text.length; line++, start = end + 1) {
		for (end = start; end < text.length && text[end] !== "\n" && text[end] !== "\r"; ) end++;
		const written = text.slice(start, end);
		if (written.trim() !== "") yield { written, line };
		if (text[end] === "\r" && text[end + 1] === "\n") end++;
	}
}
