import { shown } from "@drum/tensor";
import { type HistoryItem, INTENSITY_NAMES } from "../history.ts";
import { TIME_NAMES } from "../time.ts";
import { CsvError, parse } from "./csv-parser.ts";
import { historyItem, malformed, type Source, tooManyRows, whereOf } from "./row.ts";

const NAMES = `a header with "prompt" and optionally one of ${INTENSITY_NAMES.join(", ")}`;

/** Characters that may separate cells, the likeliest first. */
const DELIMITERS = [",", ";", "\t"];

/**
 * Parses CSV with a header, as in RFC 4180 and spreadsheets. Cells are separated by what a first line `sep=;` says, or else by commas,
 * semicolons or tabs, whichever make `prompt` a cell of the header.
 * @throws FileError naming the malformed line, or for too many rows
 */
export function parseCsv(source: Source): HistoryItem[] {
	return parseTable(source, undefined);
}

/** Parses a table with a header and tabs between cells. @throws as `parseCsv` */
export function parseTsv(source: Source): HistoryItem[] {
	return parseTable(source, "\t");
}

interface Table extends Source {
	/** How many lines of the file come before the text. */
	readonly skipped: number;
}

/** A first line that tells spreadsheets what separates cells. */
const SAYS_DELIMITER = /^"?sep=([^\r\n])"?[,;\t]*(?:\r\n|\r|\n|$)/i;

function parseTable(source: Source, known: string | undefined): HistoryItem[] {
	const [line = "", said] = SAYS_DELIMITER.exec(source.text) ?? [];
	const table = { ...source, text: source.text.slice(line.length), skipped: line === "" ? 0 : 1 };
	const { file } = table;
	const [header, ...rows] = records(table, said ?? known ?? delimiterOf(table.text));
	if (!header) throw malformed({ file, line: 1 + table.skipped }, NAMES, "nothing");
	const columns = header.record.map((name) => name.trim().toLowerCase());
	const place = { file, line: header.line };
	const prompts = columns.filter((name) => name === "prompt");
	if (prompts.length === 0) throw malformed(place, NAMES, shown(header.record));
	if (prompts.length > 1) throw malformed(place, 'one column "prompt"', String(prompts.length));
	for (const name of columns) source.onName(name);
	const prompt = columns.indexOf("prompt");
	const intensities = columns.filter((name) => (INTENSITY_NAMES as readonly string[]).includes(name));
	if (intensities.length > 1) throw malformed(place, `one of ${INTENSITY_NAMES.join(", ")}`, intensities.join(" and "));
	const intensity = intensities[0] === undefined ? -1 : columns.indexOf(intensities[0]);
	const times = columns.filter((name) => (TIME_NAMES as readonly string[]).includes(name));
	if (times.length > 1) throw malformed(place, `one of ${TIME_NAMES.join(", ")}`, times.join(" and "));
	const time = times[0] === undefined ? -1 : columns.indexOf(times[0]);
	return rows.map(({ record, line }) => {
		if (record.length !== columns.length) {
			const found = `${record.length}: ${shown(record)}`;
			const next =
				record.length > columns.length
					? "Put prompts with commas in quotes, and write decimal numbers with a point"
					: undefined;
			throw malformed({ file, line }, `${columns.length} values, as the header has`, found, next);
		}
		const item = historyItem(record[prompt], numberOf(record[intensity]), numberOf(record[time]), { file, line });
		source.onRow(item, whereOf({ file, line }));
		return item;
	});
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A number with a decimal comma, as many spreadsheets write it. Three digits after a comma may mean thousands: `1,000`. */
const WITH_COMMA = /^[+-]?(?:\d+,(?!\d{3}$)\d+|0+,\d+)$/;

/** The number in a cell; undefined for an empty cell. Other text is returned as it is, for the message. */
function numberOf(cell: string | undefined): unknown {
	const text = cell?.trim() ?? "";
	if (text === "") return undefined;
	const pointed = WITH_COMMA.test(text) ? text.replace(",", ".") : text;
	return DECIMAL.test(pointed) ? Number(pointed) : cell;
}

/** The delimiter that makes `prompt` a cell of the header, else the first that occurs, else a comma. */
function delimiterOf(text: string): string {
	const header = text.slice(0, endOfRecord(text));
	const found = DELIMITERS.find((delimiter) =>
		header.split(delimiter).some((cell) =>
			/^prompt$/i.test(
				cell
					.trim()
					.replace(/^"(.*)"$/, "$1")
					.trim(),
			),
		),
	);
	return found ?? DELIMITERS.find((delimiter) => header.includes(delimiter)) ?? ",";
}

/** Where the first record that is not blank ends: at the first line break outside quotes. */
function endOfRecord(text: string): number {
	let quoted = false;
	for (let at = text.search(/\S|$/); at < text.length; at++) {
		if (text[at] === '"') quoted = !quoted;
		else if (!quoted && (text[at] === "\n" || text[at] === "\r")) return at;
	}
	return text.length;
}

/** Records with the line on which each begins: the header and at most `most` others. */
function records({ text, file, skipped, most }: Table, delimiter: string): { record: string[]; line: number }[] {
	try {
		const options = { delimiter, info: true, relax_column_count: true, skip_empty_lines: true, to: most + 2 } as const;
		const parsed = parse(text, options) as unknown as { record: string[]; info: { lines: number } }[];
		if (parsed.length > most + 1) throw tooManyRows(file, most);
		return parsed
			.map(({ record, info }) => ({ record, line: skipped + info.lines - newlines(record) }))
			.filter(({ record }) => record.some((cell) => cell.trim() !== ""));
	} catch (cause) {
		if (!(cause instanceof CsvError)) throw cause;
		const line = skipped + (typeof cause.lines === "number" ? cause.lines : 1);
		throw malformed(
			{ file, line },
			"CSV",
			cause.message.replace(/ at line \d+.*$/, ""),
			'A quote within quotes is written ""',
			cause,
		);
	}
}

/** Line breaks within a record's cells, which the parser's line number includes. */
function newlines(record: readonly string[]): number {
	return record.join().split(/\r\n|\r|\n/).length - 1;
}
