import { type Kysely, sql } from "kysely";
import type { HistorySummary, Item } from "../api/index.ts";
import { HISTORIES_CHANNEL } from "./channels.ts";
import { insertEntries } from "./entries.ts";
import { cancelJobs } from "./job-changes.ts";
import type { Store } from "./open-store.ts";
import { bytesOf, bytesOfPrompts } from "./room.ts";
import type { Tables } from "./tables.ts";

/** Newest first, by their last change. */
export async function listHistories({ kysely }: Store, userId: string): Promise<HistorySummary[]> {
	const rows = await summaries(kysely, userId).orderBy("updated_at", "desc").orderBy("id").execute();
	return rows.map(summaryOf);
}

/** Makes one, unless the user has `most` already, or would keep more than `mostBytes`. */
export function createHistory(
	store: Store,
	userId: string,
	{ name, items, most, mostBytes }: { name: string; items: readonly Item[]; most: number; mostBytes: number },
): Promise<{ id: string } | "full" | "no room"> {
	return store.kysely.transaction().execute(async (transaction) => {
		// The user's row is held, so that two requests at once do not both take the last place.
		await transaction.selectFrom("users").select("id").where("id", "=", userId).forUpdate().execute();
		const { count } = await transaction
			.selectFrom("histories")
			.select(({ fn }) => fn.countAll().as("count"))
			.where("user_id", "=", userId)
			.where("until", "is", null)
			.executeTakeFirstOrThrow();
		if (Number(count) >= most) return "full";
		if ((await bytesOf({ kysely: transaction }, userId)) + bytesOfPrompts(items) > mostBytes) return "no room";
		const row = await transaction
			.insertInto("histories")
			.values({ user_id: userId, name })
			.returning("id")
			.executeTakeFirstOrThrow();
		await insertEntries(transaction, row.id, items);
		await store.notify(HISTORIES_CHANNEL, `${row.id} ${userId}`, transaction);
		return row;
	});
}

export async function readHistory({ kysely }: Store, userId: string, id: string): Promise<HistorySummary | undefined> {
	const row = await summaries(kysely, userId).where("id", "=", id).executeTakeFirst();
	return row && summaryOf(row);
}

/** Whether there was one. */
export async function renameHistory(store: Store, userId: string, id: string, name: string): Promise<boolean> {
	const update = store.kysely.updateTable("histories").set({ name }).where("id", "=", id).where("user_id", "=", userId);
	if ((await update.executeTakeFirst()).numUpdatedRows === 0n) return false;
	await store.notify(HISTORIES_CHANNEL, `${id} ${userId}`);
	return true;
}

/** Deletes it with its profiles; jobs that wait for it are cancelled. Gives these jobs' ids, `undefined` where there was no history. */
export function deleteHistory(store: Store, userId: string, id: string): Promise<string[] | undefined> {
	return store.kysely.transaction().execute(async (transaction) => {
		const ended = await cancelJobs(store, transaction, { history_id: id, user_id: userId });
		const deletion = transaction.deleteFrom("histories").where("id", "=", id).where("user_id", "=", userId);
		if ((await deletion.executeTakeFirst()).numDeletedRows === 0n) return undefined;
		await store.notify(HISTORIES_CHANNEL, `${id} ${userId}`, transaction);
		return ended;
	});
}

function summaries(kysely: Kysely<Tables>, userId: string) {
	return kysely
		.selectFrom("histories")
		.select(["id", "name", "updated_at"])
		.select(sql<string>`(select count(*) from entries where entries.history_id = histories.id)`.as("count"))
		.where("user_id", "=", userId)
		.where("until", "is", null);
}

function summaryOf(row: { id: string; name: string; updated_at: Date; count: string }): HistorySummary {
	return { id: row.id, name: row.name, count: Number(row.count), updatedAt: row.updated_at.toISOString() };
}
