import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import { readObject } from "./objects/read-object.ts";
import type { Store } from "./open-store.ts";
import type { Tables } from "./tables.ts";

/** Of one part. An embedded Postgres holds the event loop for 10 to 20 ms with so much, and by itself never lets it turn. */
export const PART_BYTES = 2 ** 18;
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
	if (store.objects) return storeProfileObject(store, profileId, { bytes, file, signal });
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
		const { length } = bytes;
		await sql`update profiles set file = ${file}::uuid, bytes = ${length} where id = ${profileId} and file is null`.execute(
			transaction,
		);
		await sql`
			delete from profile_parts using profiles
			where profiles.id = ${profileId} and profile_id = profiles.id and profile_parts.file <> profiles.file
		`.execute(transaction);
		await makeRoom(transaction, profileId);
	});
}

/** The same where files are objects. */
async function storeProfileObject(
	{ kysely, objects }: Store,
	profileId: string,
	{ bytes, file, signal }: { bytes: Uint8Array; file: string; signal: AbortSignal },
): Promise<void> {
	const without = kysely.selectFrom("profiles").select("id").where("id", "=", profileId).where("file", "is", null);
	if (!(await without.executeTakeFirst())) return;
	const object = await objects!.write("profiles", bytes, signal);
	await kysely.transaction().execute(async (transaction) => {
		const { numUpdatedRows } = await transaction
			.updateTable("profiles")
			.set({ file, object, bytes: String(bytes.length) })
			.where("id", "=", profileId)
			.where("file", "is", null)
			.executeTakeFirst();
		if (numUpdatedRows === 0n) return;
		await objects!.claim(transaction, object);
		await makeRoom(transaction, profileId);
	});
}

/** Lets go of the files of older profiles of the same history. */
async function makeRoom(transaction: Kysely<Tables>, profileId: string): Promise<void> {
	await sql`
		with old as (
			select id from profiles
			where file is not null and history_id = (select history_id from profiles where id = ${profileId})
			order by created_at desc offset ${KEPT_FILES}
		), emptied as (
			update profiles set file = null, object = null, bytes = 0 where id in (select id from old) returning id
		)
		delete from profile_parts using emptied where profile_id = emptied.id
	`.execute(transaction);
}

/**
 * A profile's file; undefined when it has none.
 * @param patience while the store outside is away it is tried again until this aborts; without, it is tried once
 */
export async function readProfileFile(
	store: Store,
	profileId: string,
	patience?: AbortSignal,
): Promise<Uint8Array | undefined> {
	const { kysely } = store;
	const found = kysely.selectFrom("profiles").select("object").where("id", "=", profileId);
	const { object = null } = (await found.executeTakeFirst()) ?? {};
	if (object !== null) return readObject(store, object, patience);
	const parts = kysely
		.selectFrom("profile_parts")
		.innerJoin("profiles", (join) =>
			join.onRef("profiles.id", "=", "profile_parts.profile_id").onRef("profiles.file", "=", "profile_parts.file"),
		)
		.where("profiles.id", "=", profileId);
	const { length } = await parts
		.select(sql<string>`coalesce(sum(length(profile_parts.bytes)), 0)`.as("length"))
		.executeTakeFirstOrThrow();
	const file = new Uint8Array(Number(length));
	for (let part = 0; part * PART_BYTES < file.length; part++) {
		const row = await parts.select("profile_parts.bytes").where("part", "=", part).executeTakeFirst();
		if (!row) return undefined;
		file.set(row.bytes, part * PART_BYTES);
		await setImmediate();
	}
	return file.length > 0 ? file : undefined;
}
