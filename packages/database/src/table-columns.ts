import { ArgumentError } from "@drum/tensor";
import { type QueryExecutorProvider, sql } from "kysely";

export interface TableColumn {
	readonly name: string;
	/** As SQL writes it: `timestamp with time zone`. */
	readonly type: string;
	/** The sequence that numbers its rows, if one does. */
	readonly sequence: string | null;
}

/**
 * Columns of a table, without those that are computed from others.
 * @throws ArgumentError where there is no such table
 */
export async function columnsOf(database: QueryExecutorProvider, table: string): Promise<TableColumn[]> {
	const { rows } = await sql<TableColumn>`
		select attname as name, format_type(atttypid, atttypmod) as type,
			pg_get_serial_sequence(quote_ident(${table}), attname) as sequence
		from pg_attribute
		where attrelid = to_regclass(quote_ident(${table})) and attnum > 0 and not attisdropped and attgenerated = ''
		order by attnum`.execute(database);
	if (rows.length === 0) throw new ArgumentError({ what: `table "${table}"`, expected: "a table", found: "none" });
	return rows;
}

/** Names of the migrations that a database has had. */
export async function migrationsOf(database: QueryExecutorProvider): Promise<string[]> {
	const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(database);
	return rows.map(({ name }) => name);
}
