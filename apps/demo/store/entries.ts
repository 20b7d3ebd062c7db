import { setImmediate } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import type { Entry, Item } from "../api/index.ts";
import { HISTORIES_CHANNEL } from "./channels.ts";
import { forgetProfiles } from "./forget-profiles.ts";
import type { Store } from "./open-store.ts";
import { bytesOf, bytesOfPrompts, noteBytes } from "./room.ts";
import type { Tables } from "./tables.ts";

/** Most rows of one statement, and characters of their prompts. An embedded Postgres holds the event loop for some 10 ms with so many. */
const MOST = { rows: 500, characters: 100_000 };

/** Oldest first. */
export async function readEntries({ kysely }: Pick<Store, "kysely">, historyId: string): Promise<Entry[]> {
	const rows = kysely.selectFrom("entries").select(COLUMNS).where("history_id", "=", historyId).orderBy("place");
	return (await rows.execute()).map(entryOf);
}

const COLUMNS = ["id", "prompt", "intensity", "at"] as const;

function entryOf({ id, prompt, intensity, at }: Omit<Entry, "at"> & { at: Date | null }): Entry {
	return { id, prompt, intensity, ...(at && { at: at.toISOString() }) };
}

/** Rows that are read at once. */
const PAGE = 100;

/** Oldest first, in parts: of ten thousand long prompts there are 20 MB. */
export async function* readEntryParts({ kysely }: Store, historyId: string): AsyncGenerator<Entry[]> {
	for (let last = "0"; ; ) {
		const rows = await kysely
			.selectFrom("entries")
			.select([...COLUMNS, sql<string>`place::text`.as("row")])
			.where("history_id", "=", historyId)
			.where("place", ">", sql<string>`${last}::bigint`)
			.orderBy("place")
			.limit(PAGE)
			.execute();
		yield rows.map(entryOf);
		if (rows.length < PAGE) return;
		last = rows.at(-1)!.row;
	}
}

/**
 * Adds entries at the end; "no history" where the user has none of that id, "full" where it would have more than `most`, "no room" where
 * the user would keep more than `mostBytes`.
 */
export function addEntries(
	store: Store,
	userId: string,
	historyId: string,
	{ items, most, mostBytes }: { items: readonly Item[]; most: number; mostBytes: number },
): Promise<Entry[] | "no history" | "full" | "no room"> {
	return store.kysely.transaction().execute(async (transaction) => {
		if (!(await hold(transaction, userId, historyId))) return "no history";
		const { count } = await transaction
			.selectFrom("entries")
			.select(({ fn }) => fn.countAll().as("count"))
			.where("history_id", "=", historyId)
			.executeTakeFirstOrThrow();
		if (Number(count) + items.length > most) return "full";
		if ((await bytesOf({ kysely: transaction }, userId)) + bytesOfPrompts(items) > mostBytes) return "no room";
		const added = await insertEntries(transaction, historyId, items);
		await touch(store, transaction, userId, historyId);
		return added;
	});
}

/** Adds entries at a history's end. */
export async function insertEntries(
	transaction: Kysely<Tables>,
	historyId: string,
	items: readonly Item[],
): Promise<Entry[]> {
	const added: (Parameters<typeof entryOf>[0] & { place: string })[] = [];
	for (const part of parts(items)) {
		const values = part.map(({ at, ...item }) => ({ history_id: historyId, ...item, ...(at !== undefined && { at }) }));
		const insert = transaction.insertInto("entries").values(values);
		added.push(...(await insert.returning([...COLUMNS, "place"]).execute()));
		await setImmediate();
	}
	await noteBytes(transaction, historyId);
	added.sort((a, b) => Number(a.place) - Number(b.place));
	return added.map(entryOf);
}

/** The items in their order, as many together as one statement takes. */
function* parts(items: readonly Item[]): Generator<Item[]> {
	let part: Item[] = [];
	let characters = 0;
	for (const item of items) {
		if (part.length === MOST.rows || (part.length > 0 && characters + item.prompt.length > MOST.characters)) {
			yield part;
			[part, characters] = [[], 0];
		}
		part.push(item);
		characters += item.prompt.length;
	}
	if (part.length > 0) yield part;
}

/**
 * The entry as it is now; `undefined` where there is none, "no room" where it would be longer and the user keep more than `mostBytes`.
 * With a prompt that is reworded go its text features, and the profiles that tell of it.
 */
export function changeEntry(
	store: Store,
	userId: string,
	historyId: string,
	entryId: string,
	{ mostBytes, ...change }: { prompt?: string | undefined; intensity?: number | undefined; mostBytes: number },
): Promise<Entry | "no room" | undefined> {
	return store.kysely.transaction().execute(async (transaction) => {
		if (!(await hold(transaction, userId, historyId))) return undefined;
		const known = transaction.selectFrom("entries").select("prompt").where("id", "=", entryId);
		const { prompt: old = "" } = (await known.where("history_id", "=", historyId).executeTakeFirst()) ?? {};
		const grown = Buffer.byteLength(change.prompt ?? old) - Buffer.byteLength(old);
		if (grown > 0 && (await bytesOf({ kysely: transaction }, userId)) + grown > mostBytes) return "no room";
		const entry = await transaction
			.updateTable("entries")
			.set(change)
			.where("id", "=", entryId)
			.where("history_id", "=", historyId)
			.returning(COLUMNS)
			.executeTakeFirst();
		if (!entry) return undefined;
		await noteBytes(transaction, historyId);
		await touch(store, transaction, userId, historyId);
		if (change.prompt !== undefined && change.prompt !== old) {
			await transaction.deleteFrom("features").where("entry_id", "=", entryId).execute();
			await forgetProfiles(transaction, historyId, { entryId, prompt: old });
		}
		return entryOf(entry);
	});
}

/** Deletes it with the profiles that tell of it. Whether there was one. */
export function deleteEntry(store: Store, userId: string, historyId: string, entryId: string): Promise<boolean> {
	return store.kysely.transaction().execute(async (transaction) => {
		if (!(await hold(transaction, userId, historyId))) return false;
		const deletion = transaction.deleteFrom("entries").where("id", "=", entryId).where("history_id", "=", historyId);
		if ((await deletion.executeTakeFirst()).numDeletedRows === 0n) return false;
		await forgetProfiles(transaction, historyId, { entryId });
		await noteBytes(transaction, historyId);
		await touch(store, transaction, userId, historyId);
		return true;
	});
}

/** Holds the user's history until the transaction ends. Whether there is one. */
async function hold(transaction: Kysely<Tables>, userId: string, historyId: string): Promise<boolean> {
	const history = transaction.selectFrom("histories").select("id").where("id", "=", historyId);
	return (await history.where("user_id", "=", userId).forUpdate().executeTakeFirst()) !== undefined;
}

/** Notes that its entries have changed, and tells whoever follows. */
async function touch(store: Store, transaction: Kysely<Tables>, userId: string, historyId: string): Promise<void> {
	const update = transaction.updateTable("histories").set({ updated_at: sql<Date>`now()` });
	await update.where("id", "=", historyId).execute();
	await store.notify(HISTORIES_CHANNEL, `${historyId} ${userId}`, transaction);
}
