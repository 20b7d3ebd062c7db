import { type Kysely, sql } from "kysely";

/** Sessions of browsers, and an id by which one service's cookies are told from another's on the same host. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await sql`
		create table sessions (
			hash bytea primary key,
			user_id uuid not null references users on delete cascade,
			created_at timestamptz not null default now(),
			ends_at timestamptz not null
		)
	`.execute(db);
	await sql`create index on sessions (user_id, created_at)`.execute(db);
	await sql`create table service (id uuid primary key default gen_random_uuid())`.execute(db);
	await sql`insert into service default values`.execute(db);
}
