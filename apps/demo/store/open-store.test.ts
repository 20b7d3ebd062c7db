import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { openDatabase } from "@drum/database";
import { fillEmpty } from "@drum/test-database";
import { CHEAP_FOLDER } from "@drum/test-files/cheap-folder";
import { type Kysely, sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { up as begin } from "./migrations/0001-begin.ts";
import { openStore } from "./open-store.ts";

/** The tables as they were when features were of pgvector's type; another one stands for it here. */
async function before(db: Kysely<unknown>): Promise<void> {
	await begin(db);
	await sql`
		create table embeddings (entry_id uuid references entries on delete cascade, model text, feature real[])
	`.execute(db);
}

test("a folder of an earlier version is brought up to date: what its user made is kept, what was computed goes", async () => {
	const folder = await mkdtemp(join(CHEAP_FOLDER, "demo-store-"));
	onTestFinished(() => rm(folder, { recursive: true }));
	await fillEmpty(folder, (folder) => openDatabase({ folder }, { migrations: {} }));
	const old = await openDatabase<unknown>({ folder }, { migrations: { "0001-begin": { up: before } } });
	await sql`
		with person as (insert into users (name) values ('ann') returning id),
			history as (insert into histories (user_id, name) select id, 'mine' from person returning id, user_id),
			entry as (insert into entries (history_id, prompt, intensity) select id, 'a star', 2 from history returning id),
			profile as (
				insert into profiles (user_id, history_id, model, key, view)
				select user_id, id, 'tiny', 'key', '{}' from history
			),
			job as (insert into jobs (user_id, request, request_hash) select id, '{}', '' from person)
		insert into embeddings select id, 'tiny', '{1,0}' from entry
	`.execute(old.kysely);
	await old[Symbol.asyncDispose]();

	await using store = await openStore({ folder });
	const { kysely } = store;
	expect(await kysely.selectFrom("entries").select(["prompt", "intensity"]).execute()).toEqual([
		{ prompt: "a star", intensity: 2 },
	]);
	const histories = await kysely.selectFrom("histories").select("bytes").execute();
	expect(histories.map(({ bytes }) => Number(bytes))).toEqual(["a star".length]);
	expect(await kysely.selectFrom("jobs").select("turn").execute()).toEqual([{ turn: 0 }]);
	expect(await kysely.selectFrom("jobs").select("warnings").execute()).toEqual([{ warnings: [] }]);
	expect(await kysely.selectFrom("service").selectAll().execute()).toEqual([{ id: expect.any(String) }]);
	expect(await kysely.selectFrom("profiles").selectAll().execute()).toEqual([]);
	expect(await kysely.selectFrom("features").selectAll().execute()).toEqual([]);
});
