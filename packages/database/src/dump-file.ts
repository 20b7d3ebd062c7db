import { createHash } from "node:crypto";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { DrumError, FileError, parseJson } from "@drum/tensor";
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
	let [first, last]: (Buffer | undefined)[] = [];
	const counts: number[] = [];
	for await (const line of linesOf(path)) {
		if (last !== undefined) {
			hash.update(last).update("\n");
			if (last !== first) counts[tableOf(last)] = (counts[tableOf(last)] ?? 0) + 1;
		}
		first ??= line;
		last = line;
	}
	const contents = parse(first) as DumpContents | undefined;
	if (contents?.format !== "drum-tables") throw damaged(path, "something else", "Give the path of a dump of tables");
	if (contents.version !== 1)
		throw damaged(path, `version ${contents.version}`, "Use the newest version of this program");
	const end = parse(last) as DumpEnd | undefined;
	const whole = end?.sha256 === hash.digest("hex") && end.rows?.every((count, table) => count === (counts[table] ?? 0));
	if (!whole) throw damaged(path, "a part of one, or one that has changed", NEXT);
	return contents;
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

/** Bytes of a row: a picture of the largest size takes a tenth. */
const LONGEST_ROW = 256_000_000;

async function* linesOf(path: string): AsyncGenerator<Buffer> {
	const unzipped = createGunzip();
	// It ends the one with the other's error, which the loop then throws.
	const file = await openFile(path);
	pipeline(file.createReadStream(), unzipped, () => {});
	let parts: Buffer[] = [];
	let length = 0;
	try {
		for await (const chunk of unzipped as AsyncIterable<Buffer>) {
			let from = 0;
			for (let to = chunk.indexOf("\n"); to >= 0; to = chunk.indexOf("\n", from)) {
				parts.push(chunk.subarray(from, to));
				yield Buffer.concat(parts);
				[parts, length] = [[], 0];
				from = to + 1;
			}
			parts.push(chunk.subarray(from));
			length += chunk.length - from;
			if (length > LONGEST_ROW) throw damaged(path, `a row of more than ${LONGEST_ROW} bytes`, NEXT);
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
