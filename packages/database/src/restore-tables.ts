import { ArgumentError, FileError } from "@drum/tensor";
import { type QueryExecutorProvider, type RawBuilder, sql } from "kysely";
import { checkDump, type DumpContents, type DumpedTable, PAGE, readRows } from "./dump-file.ts";
import type { Database } from "./open-database.ts";
import { columnsOf, migrationsOf, type TableColumn } from "./table-columns.ts";

/**
 * Fills empty tables with a file of `dumpTables`, from a database of either kind: all of it, or nothing.
 * @returns how many rows of each table there are now
 * @throws FileError where the file cannot be read, is damaged, or is of a newer program
 * @throws ArgumentError where a table is not empty
 */
export async function restoreTables<Tables>(database: Database<Tables>, path: string): Promise<Record<string, number>> {
	const contents = await checkDump(path);
	return await database.kysely.transaction().execute(async (transaction) => {
		await checkMigrations(transaction, path, contents);
		const tables: { name: string; columns: TableColumn[]; count: number }[] = [];
		for (const table of contents.tables) {
			const columns = await matchColumns(transaction, path, table);
			await checkEmpty(transaction, table.name);
			tables.push({ name: table.name, columns, count: 0 });
		}
		for await (const { table, rows } of inPages(readRows(path))) {
			const { name, columns } = tables[table]!;
			await insert(transaction, name, columns, rows);
			tables[table]!.count += rows.length;
		}
		for (const { name, columns } of tables) for (const column of columns) await countOn(transaction, name, column);
		return Object.fromEntries(tables.map(({ name, count }) => [name, count]));
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
