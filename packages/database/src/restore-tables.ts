import { ArgumentError, FileError, printable, shown } from "@drum/tensor";
import { type QueryExecutorProvider, type RawBuilder, sql } from "kysely";
import { checkDump, type DumpContents, type DumpedTable, PAGE, readRows } from "./dump-file.ts";
import type { Database } from "./open-database.ts";
import { columnsOf, migrationsOf, type TableColumn } from "./table-columns.ts";

/**
 * Fills empty tables with a file of `dumpTables`, from a database of either kind: all of it, or nothing.
 * @param tables by name, those that it may hold: no others are touched, whatever the file says
 * @returns how many rows of each table there are now
 * @throws FileError where the file cannot be read, is damaged, or is of a newer program
 * @throws ArgumentError where a table is not empty
 */
export async function restoreTables<Tables>(
	database: Database<Tables>,
	tables: readonly string[],
	path: string,
): Promise<Record<string, number>> {
	const contents = await checkDump(path);
	const others = contents.tables.filter(({ name }) => !tables.includes(name));
	if (others.length > 0) {
		const [expected, found] = [tables, others.map(({ name }) => name)].map((names) =>
			names.map((name) => shown(name)).join(", "),
		);
		throw new FileError({ what: path, expected: `a dump of the tables ${expected}`, found: `also ${found}` });
	}
	return await database.kysely.transaction().execute(async (transaction) => {
		await checkMigrations(transaction, path, contents);
		const restored: { name: string; columns: TableColumn[]; count: number }[] = [];
		for (const table of contents.tables) {
			const columns = await matchColumns(transaction, path, table);
			await checkEmpty(transaction, table.name);
			restored.push({ name: table.name, columns, count: 0 });
		}
		for await (const { table, rows } of inPages(readRows(path))) {
			const { name, columns } = restored[table]!;
			await insert(transaction, name, columns, rows).catch((cause) => {
				throw asRowError(path, name, cause);
			});
			restored[table]!.count += rows.length;
		}
		for (const { name, columns } of restored) for (const column of columns) await countOn(transaction, name, column);
		return Object.fromEntries(restored.map(({ name, count }) => [name, count]));
	});
}

/** Postgres's classes of errors for values that are none of their types, and for rows that break a table's rules. */
const OF_VALUES = /^2[23]/;

function asRowError(path: string, table: string, cause: unknown): unknown {
	const { code, message } = cause as { code?: unknown; message: string };
	if (typeof code !== "string" || !OF_VALUES.test(code)) return cause;
	return new FileError({
		what: `${path}, table ${shown(table)}`,
		expected: "rows as this program writes them",
		found: printable(message),
		next: "Take another copy of it; the database is as it was",
		cause,
	});
}

async function checkMigrations(
	transaction: QueryExecutorProvider,
	path: string,
	{ migrations }: DumpContents,
): Promise<void> {
	const here = new Set(await migrationsOf(transaction));
	const newer = migrations.filter((name) => !here.has(name));
	if (newer.length === 0) return;
	throw new FileError({
		what: path,
		expected: "a dump of this version of the program or an earlier one",
		found: `one after ${newer.join(", ")}`,
		next: "Restore it with the newest version",
	});
}

/** Nobody else can fill it until the transaction ends. */
async function checkEmpty(transaction: QueryExecutorProvider, table: string): Promise<void> {
	await sql`lock table ${sql.table(table)} in share row exclusive mode`.execute(transaction);
	const { rows } = await sql`select from ${sql.table(table)} limit 1`.execute(transaction);
	if (rows.length === 0) return;
	throw new ArgumentError({
		what: `table "${table}"`,
		expected: "an empty one to restore into",
		found: "rows in it",
		next: "Restore into a new database, or empty this one first",
	});
}

async function matchColumns(
	transaction: QueryExecutorProvider,
	path: string,
	{ name, columns }: DumpedTable,
): Promise<TableColumn[]> {
	const here = new Map((await columnsOf(transaction, name)).map((column) => [column.name, column]));
	return columns.map((column) => {
		const found = here.get(column);
		if (found) return found;
		const what = `${path}, table "${name}"`;
		throw new FileError({ what, expected: `columns ${[...here.keys()].join(", ")}`, found: `also ${column}` });
	});
}

async function insert(
	transaction: QueryExecutorProvider,
	table: string,
	columns: readonly TableColumn[],
	rows: readonly string[],
): Promise<void> {
	const names = sql.join(columns.map(({ name }) => sql.ref(name)));
	// The first value of a row is its table's number.
	const values = sql.join(columns.map((column, i) => fromText(column, i + 1)));
	await sql`
		insert into ${sql.table(table)} (${names}) overriding system value
		select ${values} from json_array_elements(${`[${rows.join(",")}]`}::text::json) as row
	`.execute(transaction);
}

function fromText({ type }: TableColumn, place: number): RawBuilder<unknown> {
	const text = sql`(row ->> ${sql.lit(place)})`;
	return type === "bytea" ? sql`decode(${text}, 'base64')` : sql`${text}::${sql.raw(type)}`;
}

/** New rows are numbered on from the highest number that is there. */
async function countOn(transaction: QueryExecutorProvider, table: string, column: TableColumn): Promise<void> {
	if (column.sequence === null) return;
	const highest = sql`max(${sql.ref(column.name)})`;
	await sql`
		select setval(${column.sequence}::text::regclass, ${highest})
		from ${sql.table(table)} having ${highest} is not null
	`.execute(transaction);
}

async function* inPages(
	rows: AsyncIterable<{ table: number; row: string }>,
): AsyncGenerator<{ table: number; rows: string[] }> {
	let page: { table: number; rows: string[] } = { table: 0, rows: [] };
	let length = 0;
	for await (const { table, row } of rows) {
		if (table !== page.table || length + row.length > PAGE.characters || page.rows.length === PAGE.rows) {
			if (page.rows.length > 0) yield page;
			page = { table, rows: [] };
			length = 0;
		}
		page.rows.push(row);
		length += row.length;
	}
	if (page.rows.length > 0) yield page;
}
