import { type Kysely, sql } from "kysely";

/** Histories that come with one request, and what signs the addresses of pictures. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await sql`alter table histories add column until timestamptz`.execute(db);
	await sql`create table secrets (name text primary key, value bytea not null)`.execute(db);
}
