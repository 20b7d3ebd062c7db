import { shown } from "@drum/tensor";
import { CsvError, parse } from "csv-parse/sync";
import type { HistoryItem } from "../history.ts";
import { historyItem, INTENSITY_NAMES, malformed, tooManyRows } from "./row.ts";

const NAMES = `a header with "prompt", and if need be one of ${INTENSITY_NAMES.join(", ")}`;

/** Parses CSV with a header, as RFC 4180 and spreadsheets have it: with commas, or the semicolons or tabs that its header shows. */
export function parseCsv(text: string, file: string, most: number): HistoryItem[] {
	const [header, ...rows] = records(text, file, most);
	if (!header) throw malformed({ file, line: 1 }, NAMES, "nothing");
	const columns = header.record.map((name) => name.trim().toLowerCase());
	const place = { file, line: header.line };
	const prompt = columns.indexOf("prompt");
	if (prompt === -1) throw malformed(place, NAMES, shown(header.record));
	const intensities = INTENSITY_NAMES.filter((name) => columns.includes(name));
	if (intensities.length > 1) throw malformed(place, `one of ${INTENSITY_NAMES.join(", ")}`, intensities.join(" and "));
	const intensity = intensities[0] === undefined ? -1 : columns.indexOf(intensities[0]);
	return rows.map(({ record, line }) => {
		if (record.length !== columns.length) {
			const found = `${record.length}: ${shown(record)}`;
			const next = record.length > columns.length ? "Put prompts with commas in quotes" : undefined;
			throw malformed({ file, line }, `${columns.length} values, as the header has`, found, next);
		}
		return historyItem(record[prompt], numberOf(record[intensity]), { file, line });
	});
}

/** An empty cell is no intensity; what is no number stays text, for the message. */
function numberOf(cell: string | undefined): unknown {
	if (cell === undefined || cell.trim() === "") return undefined;
	return Number.isNaN(Number(cell)) ? cell : Number(cell);
}

/** Records with the line on which each begins: the header, and at most so many beside. */
function records(text: string, file: string, most: number): { record: string[]; line: number }[] {
	const header = text.slice(0, text.search(/[\r\n]|$/));
	const delimiter = [",", ";", "\t"].find((each) => header.includes(each)) ?? ",";
	try {
		const options = { delimiter, info: true, relax_column_count: true, skip_empty_lines: true, to: most + 2 } as const;
		const parsed = parse(text, options) as unknown as { record: string[]; info: { lines: number } }[];
		if (parsed.length > most + 1) throw tooManyRows(file, most);
		return parsed
			.map(({ record, info }) => ({ record, line: info.lines - newlines(record) }))
			.filter(({ record }) => record.some((cell) => cell.trim() !== ""));
	} catch (cause) {
		if (!(cause instanceof CsvError)) throw cause;
		const line = typeof cause.lines === "number" ? cause.lines : 1;
		throw malformed(
			{ file, line },
			"CSV",
			cause.message.replace(/ at line \d+.*$/, ""),
			'A quote within quotes is written ""',
			cause,
		);
	}
}

/** Line breaks within a record's cells, which the parser has counted when it tells the line. */
function newlines(record: readonly string[]): number {
	return record.join().split(/\r\n|\r|\n/).length - 1;
}
