import { type Kysely, sql } from "kysely";

/** Profiles under names, with short ids by which they can be shared; and when each prompt was asked for, which is not known of older ones. */
export async function up(db: Kysely<unknown>): Promise<void> {
	const statements = [
		`create table named_profiles (
			id text primary key check (id ~ '^[0-9a-hjkmnp-tv-z]{10}$'),
			user_id uuid not null references users on delete cascade,
			name text not null,
			parts jsonb not null,
			shared boolean not null default false,
			created_at timestamptz not null default now() check (created_at between '1970-01-01' and '9999-01-01')
		)`,
		"create index on named_profiles (user_id, created_at)",
		"alter table entries add column at timestamptz",
		"alter table entries alter column at set default now()",
		"alter table entries add check (at between '0001-01-01' and '9999-01-01')",
	];
	for (const statement of statements) await sql.raw(statement).execute(db);
}
