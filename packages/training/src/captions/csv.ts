import { promisify } from "node:util";
import { shown } from "@drum/tensor";
import { CsvError, type InfoRecord, parse } from "csv-parse";
import { captionColumn } from "./column.ts";
import { LINE_BREAK, type LineBlock, LONGEST_LINE } from "./line-blocks.ts";
import { malformed } from "./malformed.ts";

/**
 * CSV or TSV, also with line breaks in quoted cells. The delimiter is `delimiter`, or else the comma, semicolon or tab in the first line. The first
 * row is the header, unless `column` is a number. Quotes inside an unquoted cell are kept, because data sets of captions have them.
 */
export async function* csvRows(
	blocks: AsyncIterable<LineBlock>,
	path: string,
	column: string | number | undefined,
	delimiter?: string,
): AsyncGenerator<string[]> {
	let captions: string[] = [];
	let width: number | undefined;
	let at = -1;
	let line = 0;
	const take = (record: string[], info: InfoRecord) => {
		line = info.lines;
		if (record.every((cell) => cell.trim() === "")) return;
		const place = () => `${path}, line ${info.lines - record.join().split(LINE_BREAK).length + 1}`;
		if (width === undefined) {
			width = record.length;
			at = typeof column === "number" ? numbered(column, record, place()) : captionColumn(record, column, place());
			if (typeof column !== "number") return;
		}
		if (record.length !== width) {
			const next = record.length > width ? "Put cells that hold the delimiter in quotes" : undefined;
			throw malformed(place(), `${width} cells, as the first row has`, `${record.length}: ${shown(record)}`, next);
		}
		captions.push(record[at]!);
	};
	let parser: ReturnType<typeof open> | undefined;
	for await (const { bytes } of blocks) {
		parser ??= open(delimiter ?? delimiterOf(bytes), take);
		await parser.write(bytes).catch((cause) => rethrow(cause, path, line + 1));
		yield captions;
		captions = [];
	}
	await parser?.end().catch((cause) => rethrow(cause, path, line + 1));
	if (width === undefined) throw malformed(`${path}, line 1`, "a header, and rows of captions", "nothing");
	yield captions;
}

/** Takes records when they are parsed, without the stream's queue. After a block is written, all its records are there. */
function open(delimiter: string, take: (record: string[], info: InfoRecord) => void) {
	const parser = parse({
		delimiter,
		record_delimiter: ["\r\n", "\n", "\r"],
		relax_column_count: true,
		relax_quotes: true,
		skip_empty_lines: true,
		max_record_size: LONGEST_LINE,
		on_record: (record: string[], info) => {
			take(record, info);
			return null;
		},
	});
	// Errors come through the callbacks, but an "error" event without a listener would end the process.
	parser.on("error", () => {});
	return {
		write: promisify((bytes: Buffer, done: (error?: Error | null) => void) => parser.write(bytes, done)),
		end: promisify((done: (error?: Error | null) => void) => parser.end(done)),
	};
}

function delimiterOf(bytes: Buffer): string {
	const [header = ""] = bytes.toString("latin1").trimStart().split(LINE_BREAK, 1);
	return [",", ";", "\t"].find((each) => header.includes(each)) ?? ",";
}

function numbered(column: number, record: readonly string[], place: string): number {
	if (column < record.length) return column;
	throw malformed(place, `a column ${column}, from 0`, `${record.length} columns`);
}

/** `line` is where the failing record begins, because an open quote is only noticed much later. */
function rethrow(cause: unknown, path: string, line: number): never {
	if (!(cause instanceof CsvError)) throw cause;
	const found = cause.message.replace(/ at line \d+.*$/, "");
	throw malformed(`${path}, line ${line}`, "CSV", found, 'Close each quote; one within quotes is written ""', cause);
}
