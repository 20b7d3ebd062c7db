import { type Kysely, sql } from "kysely";

/** Pictures and profiles may be objects of a store outside. Whatever lets go of an object's name has it removed. */
export async function up(db: Kysely<unknown>): Promise<void> {
	const statements = [
		"alter table pictures alter column png drop not null",
		"alter table pictures add column object text",
		"alter table pictures add check (num_nonnulls(png, object) = 1)",
		"alter table profiles add column object text",
		...["pictures", "profiles"].map((table) => `alter table ${table} add check (object ~ '^${table}/[0-9a-f-]{36}$')`),
		`create table objects_to_remove (
			name text primary key,
			due timestamptz not null default now(),
			begun boolean not null default false
		)`,
		"create index on objects_to_remove (due)",
		`create function remove_object() returns trigger language plpgsql as $$
		begin
			if old.object is not null and (tg_op = 'DELETE' or new.object is distinct from old.object) then
				insert into objects_to_remove (name) values (old.object) on conflict (name) do nothing;
			end if;
			return null;
		end $$`,
		...["pictures", "profiles"].map(
			(table) => `create trigger remove_object after delete or update of object on ${table}
				for each row execute function remove_object()`,
		),
	];
	for (const statement of statements) await sql.raw(statement).execute(db);
}
