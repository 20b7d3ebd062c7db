import { type Kysely, sql } from "kysely";

/** Dates that JavaScript can hold: Postgres also has infinity. */
const DATES: Readonly<Record<string, readonly string[]>> = {
	users: ["created_at"],
	tokens: ["created_at"],
	histories: ["created_at", "updated_at", "until"],
	profiles: ["created_at"],
	jobs: ["created_at", "started_at", "ended_at"],
	pictures: ["created_at"],
};

const VALUES: Readonly<Record<string, string>> = {
	entries: "intensity between 0 and 1e6",
	pictures: "place >= 0 and alpha between 0 and 1 and seed between 0 and 4294967295 and width > 0 and height > 0",
};

/** What the service writes is within these bounds, and so is what a dump can bring. Rows that are there are not looked at. */
export async function up(db: Kysely<unknown>): Promise<void> {
	const add = (table: string, rule: string) =>
		sql`alter table ${sql.table(table)} add check (${sql.raw(rule)}) not valid`.execute(db);
	for (const [table, columns] of Object.entries(DATES))
		for (const column of columns) await add(table, `${column} between '1970-01-01' and '9999-01-01'`);
	for (const [table, rule] of Object.entries(VALUES)) await add(table, rule);
}
