import { type Kysely, sql } from "kysely";

/** Profiles go with the prompts that they tell of: those that were left from before, too. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await sql`alter table histories add column removals integer not null default 0`.execute(db);
	await sql`
		delete from profiles where exists (
			select from jsonb_to_recordset(view->'map') as point ("entryId" text, prompt text)
			where not exists (select from entries where entries.id::text = "entryId" and entries.prompt = point.prompt)
		)
	`.execute(db);
}
