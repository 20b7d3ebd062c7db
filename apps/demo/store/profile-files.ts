import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { sql } from "kysely";
import type { Store } from "./open-store.ts";

/** Of one part. An embedded Postgres holds the event loop for 10 to 20 ms with so much, and by itself never lets it turn. */
const PART_BYTES = 2 ** 18;
/** Of one history; older profiles are shown still, and made again where they are needed. */
const KEPT_FILES = 3;

/** Keeps a profile's file, unless it has one; nothing when the profile is gone. */
export async function storeProfileFile(
	store: Store,
	profileId: string,
	bytes: Uint8Array,
	signal: AbortSignal,
): Promise<void> {
	const file = randomUUID();
	for (let part = 0; part * PART_BYTES < bytes.length; part++) {
		signal.throwIfAborted();
		const own = bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
		const inserted = await sql`
			insert into profile_parts (profile_id, file, part, bytes)
			select id, ${file}::uuid, ${part}::integer, ${own}::bytea from profiles where id = ${profileId} for key share
		`.execute(store.kysely);
		if (inserted.numAffectedRows === 0n) return;
		await setImmediate();
	}
	await store.kysely.transaction().execute(async (transaction) => {
		await sql`update profiles set file = ${file}::uuid where id = ${profileId} and file is null`.execute(transaction);
		await sql`
			delete from profile_parts using profiles
			where profiles.id = ${profileId} and profile_id = profiles.id and profile_parts.file <> profiles.file
		`.execute(transaction);
		await sql`
			with old as (
				select id from profiles
				where file is not null and history_id = (select history_id from profiles where id = ${profileId})
				order by created_at desc offset ${KEPT_FILES}
			), emptied as (
				update profiles set file = null where id in (select id from old) returning id
			)
			delete from profile_parts using emptied where profile_id = emptied.id
		`.execute(transaction);
	});
}

/** A profile's file; undefined when it has none. */
export async function readProfileFile({ kysely }: Store, profileId: string): Promise<Uint8Array | undefined> {
	const parts = kysely
		.selectFrom("profile_parts")
		.innerJoin("profiles", (join) =>
			join.onRef("profiles.id", "=", "profile_parts.profile_id").onRef("profiles.file", "=", "profile_parts.file"),
		)
		.where("profiles.id", "=", profileId);
	const { length } = await parts
		.select(sql<string>`coalesce(sum(length(bytes)), 0)`.as("length"))
		.executeTakeFirstOrThrow();
	const file = new Uint8Array(Number(length));
	for (let part = 0; part * PART_BYTES < file.length; part++) {
		const row = await parts.select("bytes").where("part", "=", part).executeTakeFirst();
		if (!row) return undefined;
		file.set(row.bytes, part * PART_BYTES);
		await setImmediate();
	}
	return file.length > 0 ? file : undefined;
}
