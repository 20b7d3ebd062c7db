import { type Kysely, sql } from "kysely";

/**
 * Text features of entries, as bytes. An earlier version kept them in a type of pgvector's, which cannot be read without it:
 * they are dropped with the profiles, whose next jobs make both again.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
	await sql`drop table if exists embeddings`.execute(db);
	await sql`delete from profiles`.execute(db);
	await sql`
		create table features (
			entry_id uuid not null references entries on delete cascade,
			model text not null,
			feature bytea not null,
			primary key (entry_id, model)
		)
	`.execute(db);
}
