import { createHash } from "node:crypto";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { DrumError, FileError, parseJson, shown } from "@drum/tensor";
import { openFile } from "@drum/tensor/node";

// A dump is gzipped JSON, a value a line: what it holds; each row, as the number of its table and its values as text, or as
// base64 for bytes; at the end the counts of rows, and a hash of all lines before.

/** Characters of rows that are read or written in one query, about, as a row may be longer; and how many rows. */
export const PAGE = { characters: 1 << 20, rows: 1000 };

export interface DumpContents {
	readonly format: "drum-tables";
	readonly version: 1;
	/** Migrations that the database had had. */
	readonly migrations: readonly string[];
	readonly tables: readonly DumpedTable[];
}

export interface DumpedTable {
	readonly name: string;
	readonly columns: readonly string[];
}

interface DumpEnd {
	/** Of each table. */
	readonly rows: readonly number[];
	/** Of the bytes of all lines before this one, in hexadecimal. */
	readonly sha256: string;
}

/** The lines of a dump, from what it holds and its rows. */
export async function* dumpLines(
	contents: DumpContents,
	rows: AsyncIterable<{ table: number; row: string }>,
): AsyncGenerator<string> {
	const hash = createHash("sha256");
	const counts = contents.tables.map(() => 0);
	const hashed = (line: string) => {
		hash.update(line);
		return line;
	};
	yield hashed(`${JSON.stringify(contents)}\n`);
	for await (const { table, row } of rows) {
		counts[table]! += 1;
		yield hashed(`${row}\n`);
	}
	const end: DumpEnd = { rows: counts, sha256: hash.digest("hex") };
	yield `${JSON.stringify(end)}\n`;
}

/**
 * Reads a dump through, and tells what it holds.
 * @throws FileError where it cannot be read, is no dump, or is not as it was written
 */
export async function checkDump(path: string): Promise<DumpContents> {
	const hash = createHash("sha256");
	let contents: DumpContents | undefined;
	let last: Buffer | undefined;
	const counts: number[] = [];
	for await (const line of linesOf(path)) {
		if (contents === undefined) {
			contents = readContents(path, line);
			hash.update(line).update("\n");
			continue;
		}
		if (last !== undefined) {
			hash.update(last).update("\n");
			const table = checkRow(path, last, contents.tables);
			counts[table] = (counts[table] ?? 0) + 1;
		}
		last = line;
	}
	if (contents === undefined) throw damaged(path, "nothing", NEXT);
	const end = parse(last) as DumpEnd | undefined;
	const { tables } = contents;
	const whole =
		end?.sha256 === hash.digest("hex") && tables.every((_, table) => end.rows?.[table] === (counts[table] ?? 0));
	if (!whole) throw damaged(path, "a part of one, or one that has changed", NEXT);
	return contents;
}

function readContents(path: string, line: Buffer): DumpContents {
	const contents = parse(line) as Partial<DumpContents> | undefined;
	if (contents?.format !== "drum-tables") throw damaged(path, "something else", "Give the path of a dump of tables");
	const { format, version, migrations, tables } = contents;
	if (version !== 1) throw damaged(path, `version ${shown(version)}`, "Use the newest version of this program");
	if (isNames(migrations) && isTables(tables)) return { format, version, migrations, tables };
	throw damaged(path, "one that does not say what it holds", NEXT);
}

function isTables(value: unknown): value is DumpedTable[] {
	const isTable = (each: Partial<DumpedTable> | null) => isNames([each?.name]) && isNames(each?.columns);
	if (!Array.isArray(value) || !value.every(isTable)) return false;
	return new Set(value.map(({ name }) => name)).size === value.length;
}

function isNames(value: unknown): value is string[] {
	return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/**
 * Checks that a line is a row of one of the tables.
 * @returns its table's number
 */
function checkRow(path: string, line: Buffer, tables: readonly DumpedTable[]): number {
	const row = parse(line);
	const [table, ...values] = Array.isArray(row) ? (row as unknown[]) : [];
	const columns = typeof table === "number" ? tables[table]?.columns : undefined;
	const isRow = values.length === columns?.length && values.every((each) => each === null || typeof each === "string");
	if (isRow) return table as number;
	throw damaged(path, `a line that is no row of its tables: ${shown(line.toString("utf8", 0, 100))}`, NEXT);
}

/** The rows of a dump that `checkDump` found whole: lines of JSON. */
export async function* readRows(path: string): AsyncGenerator<{ table: number; row: string }> {
	let before: Buffer | undefined;
	let contents = true;
	for await (const line of linesOf(path)) {
		if (before !== undefined) yield { table: tableOf(before), row: before.toString() };
		if (!contents) before = line;
		contents = false;
	}
}

const NEXT = "Take another copy of it; the database is as it was";

/** Bytes of a line: a picture of the largest size takes a tenth. The first names tables and columns. */
const LONGEST = { first: 1_000_000, row: 256_000_000 };

async function* linesOf(path: string): AsyncGenerator<Buffer> {
	const unzipped = createGunzip();
	// It ends the one with the other's error, which the loop then throws.
	const file = await openFile(path);
	pipeline(file.createReadStream(), unzipped, () => {});
	let parts: Buffer[] = [];
	let length = 0;
	let most = LONGEST.first;
	try {
		for await (const chunk of unzipped as AsyncIterable<Buffer>) {
			let from = 0;
			for (let to = chunk.indexOf("\n"); to >= 0; to = chunk.indexOf("\n", from)) {
				parts.push(chunk.subarray(from, to));
				yield Buffer.concat(parts);
				[parts, length, most] = [[], 0, LONGEST.row];
				from = to + 1;
			}
			parts.push(chunk.subarray(from));
			length += chunk.length - from;
			if (length > most) throw damaged(path, `a line of more than ${most} bytes`, NEXT);
		}
	} catch (cause) {
		if (DrumError.is(cause)) throw cause;
		const { code, message } = cause as NodeJS.ErrnoException;
		if (code?.startsWith("Z_")) throw damaged(path, message, NEXT, cause);
		throw new FileError({ what: path, expected: "a dump of tables", found: message, next: "Check the path", cause });
	}
	if (parts.some(({ length }) => length > 0)) throw damaged(path, "one that ends within a line", NEXT);
}

/** A row begins with its table's number. */
function tableOf(line: Buffer): number {
	return Number.parseInt(line.toString("latin1", 1, 12), 10);
}

function parse(line: Buffer | undefined): unknown {
	try {
		return parseJson(line?.toString() ?? "");
	} catch {
		return undefined;
	}
}

function damaged(path: string, found: string, next: string, cause?: unknown): FileError {
	return new FileError({ what: path, expected: "a whole dump of tables", found, next, cause });
}
