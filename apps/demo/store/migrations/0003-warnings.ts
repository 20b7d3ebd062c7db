import { type Kysely, sql } from "kysely";

/** What was cut, left out or replaced for a job, and for the profile that it uses. */
export async function up(db: Kysely<unknown>): Promise<void> {
	for (const table of ["jobs", "profiles"]) {
		await sql`alter table ${sql.table(table)} add column warnings jsonb not null default '[]'`.execute(db);
	}
}
