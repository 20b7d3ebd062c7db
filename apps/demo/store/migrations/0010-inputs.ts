import { type Kysely, sql } from "kysely";

/** Pictures that jobs begin from. They are their users' own, so a job's go as soon as it ends, by whatever. */
export async function up(db: Kysely<unknown>): Promise<void> {
	const statements = [
		`create table inputs (
			job_id uuid not null references jobs on delete cascade,
			name text not null check (name in ('image', 'mask')),
			user_id uuid not null references users on delete cascade,
			file bytea not null,
			bytes bigint not null check (bytes >= 0),
			primary key (job_id, name)
		)`,
		"create index on inputs (user_id)",
		`create function remove_inputs() returns trigger language plpgsql as $$
		begin
			delete from inputs where job_id = new.id;
			return null;
		end $$`,
		`create trigger remove_inputs after update of status on jobs
			for each row when (new.status in ('done', 'failed', 'cancelled') and old.status <> new.status)
			execute function remove_inputs()`,
	];
	for (const statement of statements) await sql.raw(statement).execute(db);
}
