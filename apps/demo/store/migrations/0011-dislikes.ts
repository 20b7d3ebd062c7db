import { type Kysely, sql } from "kysely";

/** Entries may be disliked: their intensities are below 0. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await sql`alter table entries drop constraint entries_intensity_check`.execute(db);
	await sql`alter table entries add check (intensity between -1e6 and 1e6) not valid`.execute(db);
}
