import type { FileHandle } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { checkNames, DrumError, FileError } from "@drum/tensor";
import { replaceFile } from "@drum/tensor/node";
import { type QueryExecutorProvider, type RawBuilder, sql } from "kysely";
import { type DumpContents, dumpLines, PAGE } from "./dump-file.ts";
import type { Database } from "./open-database.ts";
import { columnsOf, migrationsOf, type TableColumn } from "./table-columns.ts";

/** The quickest: most bytes of a dump are base64 of what is compressed already, which the best makes no smaller. */
const LEVEL = 1;

/** How values are written as text, whatever the database's own settings: so that they are read as the same. */
const SETTINGS = ["TimeZone = 'UTC'", "DateStyle = 'ISO'", "IntervalStyle = 'postgres'", "extra_float_digits = 1"];

/** A row of a dump: each column's value as text, of bytes as base64. */
export type DumpedRow = Readonly<Record<string, string | null>>;

/** What is written in place of a table's rows. */
export type RowsChange = (rows: AsyncIterable<DumpedRow>) => AsyncIterable<DumpedRow>;

export interface DumpOptions {
	/** Of these tables by their names: a change of their rows on the way into the file, such as bytes that are kept elsewhere. */
	change?: Readonly<Record<string, RowsChange>> | undefined;
}

/**
 * Writes tables into one file, all as they stand at one moment; what is written meanwhile is not in it. The embedded
 * database does nothing else meanwhile.
 * @param tables by name, those that others refer to before these
 * @param path replaced when the file is whole
 * @returns how many rows of each table it holds
 * @throws ArgumentError for a table that is not there
 * @throws FileError where the file cannot be written
 */
export async function dumpTables<Tables>(
	database: Database<Tables>,
	tables: readonly string[],
	path: string,
	options: DumpOptions = {},
): Promise<Record<string, number>> {
	checkNames("dumpTables", options, ["change"]);
	const { change = {} } = options;
	checkNames("change of dumpTables", change, tables);
	const snapshot = database.kysely.transaction().setIsolationLevel("repeatable read").setAccessMode("read only");
	return await snapshot.execute(async (transaction) => {
		for (const setting of SETTINGS) await sql`set local ${sql.raw(setting)}`.execute(transaction);
		const columns: TableColumn[][] = [];
		for (const table of tables) columns.push(await columnsOf(transaction, table));
		const contents: DumpContents = {
			format: "drum-tables",
			version: 1,
			migrations: await migrationsOf(transaction),
			tables: tables.map((name, table) => ({ name, columns: columns[table]!.map((column) => column.name) })),
		};
		const counts = tables.map(() => 0);
		function linesOf(table: number, name: string): AsyncIterable<string> {
			const lines = readTable(transaction, table, name, columns[table]!);
			const own = change[name];
			return own ? changeRows(lines, { table, names: columns[table]!.map((each) => each.name), change: own }) : lines;
		}
		async function* rows() {
			for (const [table, name] of tables.entries())
				for await (const row of linesOf(table, name)) {
					counts[table]! += 1;
					yield { table, row };
				}
		}
		await write(path, dumpLines(contents, rows()));
		return Object.fromEntries(tables.map((name, table) => [name, counts[table]!]));
	});
}

/** Rows, as lines of a dump, changed. */
async function* changeRows(
	lines: AsyncIterable<string>,
	{ table, names, change }: { table: number; names: readonly string[]; change: RowsChange },
): AsyncGenerator<string> {
	async function* rows() {
		for await (const line of lines) {
			const [, ...values] = JSON.parse(line) as [number, ...(string | null)[]];
			yield Object.fromEntries(names.map((name, column) => [name, values[column] ?? null]));
		}
	}
	for await (const row of change(rows())) yield JSON.stringify([table, ...names.map((name) => row[name] ?? null)]);
}

async function* readTable(
	transaction: QueryExecutorProvider,
	table: number,
	name: string,
	columns: readonly TableColumn[],
): AsyncGenerator<string> {
	const values = sql.join([sql.lit(table), ...columns.map(asText)]);
	await sql`
		declare dumped no scroll cursor for select json_build_array(${values})::text as row from ${sql.table(name)}
	`.execute(transaction);
	for (let count = 1; ; ) {
		const { rows } = await sql<{ row: string }>`fetch ${sql.lit(count)} from dumped`.execute(transaction);
		if (rows.length === 0) break;
		let length = 0;
		for (const { row } of rows) {
			length += row.length;
			yield row;
		}
		const fitting = Math.floor((PAGE.characters * rows.length) / length);
		count = Math.max(1, Math.min(fitting, 2 * count, PAGE.rows));
	}
	await sql`close dumped`.execute(transaction);
}

/** Postgres breaks base64 into lines. */
function asText({ name, type }: TableColumn): RawBuilder<string> {
	const column = sql.ref(name);
	return type === "bytea" ? sql`translate(encode(${column}, 'base64'), e'\\n', '')` : sql`${column}::text`;
}

async function write(path: string, lines: AsyncIterable<string>): Promise<void> {
	let ours: unknown;
	async function* watched() {
		try {
			yield* lines;
		} catch (error) {
			ours = error;
			throw error;
		}
	}
	try {
		const zip = (file: FileHandle) =>
			pipeline(watched(), createGzip({ level: LEVEL }), async (zipped) => {
				for await (const chunk of zipped) await file.appendFile(chunk as Buffer);
			});
		// It holds what the tables hold.
		await replaceFile(path, zip, { mode: 0o600 });
	} catch (cause) {
		if (cause === ours || DrumError.is(cause)) throw cause;
		throw new FileError({
			what: path,
			expected: "a file that can be written",
			found: (cause as Error).message,
			next: "Check the folder and the space on its disk",
			cause,
		});
	}
}
