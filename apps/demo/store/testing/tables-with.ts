import { sql } from "kysely";
import type { Store } from "../open-store.ts";

/** Tables of any schema that have a text somewhere in a row: in a column's text, in its JSON or in its bytes. */
export async function tablesWith({ kysely }: Store, text: string): Promise<string[]> {
	const { rows } = await sql<{ schema: string; name: string }>`
		select table_schema as schema, table_name as name from information_schema.tables
		where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema') order by name
	`.execute(kysely);
	const bytes = Buffer.from(text).toString("hex");
	const found: string[] = [];
	for (const { schema, name } of rows) {
		const table = sql.id(schema, name);
		const { rows: having } = await sql`
			select from ${table} as row where strpos(row::text, ${text}) > 0 or strpos(row::text, ${bytes}) > 0 limit 1
		`.execute(kysely);
		if (having.length > 0) found.push(name);
	}
	return found;
}
