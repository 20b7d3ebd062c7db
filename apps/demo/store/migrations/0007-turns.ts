import { type Kysely, sql } from "kysely";

/** Users take turns in the queue: jobs of lower turns come first. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await sql`alter table jobs add column turn integer not null default 0`.execute(db);
	await sql`
		update jobs set turn = counted.turn from (
			select id, row_number() over (partition by user_id order by created_at, id) - 1 as turn
			from jobs where status in ('queued', 'running')
		) as counted where counted.id = jobs.id
	`.execute(db);
}
