import { type Kysely, sql } from "kysely";

/** How many bytes there are of what a user keeps: of a history's prompts, and of the files of pictures and profiles. */
export async function up(db: Kysely<unknown>): Promise<void> {
	const statements = [
		...["histories", "pictures", "profiles"].map(
			(table) => `alter table ${table} add column bytes bigint not null default 0`,
		),
		`update histories set bytes = (
			select coalesce(sum(octet_length(prompt)), 0) from entries where history_id = histories.id
		)`,
		"update pictures set bytes = coalesce(octet_length(png), 0)",
		`update profiles set bytes = (
			select coalesce(sum(octet_length(bytes)), 0) from profile_parts
			where profile_id = profiles.id and profile_parts.file = profiles.file
		)`,
		...["pictures", "profiles"].map((table) => `create index on ${table} (user_id)`),
		"create index on jobs (ended_at) where ended_at is not null",
	];
	for (const statement of statements) await sql.raw(statement).execute(db);
}
