import { sql } from "kysely";
import type { Entry, ProfileView, Warning } from "../api/index.ts";
import { readEntries } from "./entries.ts";
import type { Store } from "./open-store.ts";

export interface ReadHistory {
	/** Oldest first. */
	readonly entries: Entry[];
	/** When it was read, by the database's clock. */
	readonly readAt: string;
	/** How often a prompt of it had been deleted or reworded. */
	readonly removals: number;
}

/** A profile to be kept. */
export interface NewProfile {
	readonly userId: string;
	readonly historyId: string;
	readonly model: string;
	readonly key: string;
	readonly view: Pick<ProfileView, "picks" | "map" | "variance">;
	readonly warnings: readonly Warning[];
	/** When its history was read, and how often a prompt of it had been removed: what changed later is not in it. */
	readonly readAt: string;
	readonly removals: number;
}

/** A user's history; undefined when it is gone. */
export function readHistory(store: Store, userId: string, historyId: string): Promise<ReadHistory | undefined> {
	return store.kysely
		.transaction()
		.setIsolationLevel("repeatable read")
		.execute(async (transaction) => {
			const history = await transaction
				.selectFrom("histories")
				.select(["removals", sql<string>`now()::text`.as("readAt")])
				.where("id", "=", historyId)
				.where("user_id", "=", userId)
				.executeTakeFirst();
			if (!history) return undefined;
			return { ...history, entries: await readEntries({ kysely: transaction }, historyId) };
		});
}

/** The id of the profile of that key. */
export async function findProfile(store: Store, historyId: string, key: string): Promise<string | undefined> {
	const row = await store.kysely
		.selectFrom("profiles")
		.select("id")
		.where("history_id", "=", historyId)
		.where("key", "=", key)
		.executeTakeFirst();
	return row?.id;
}

/** The newest profile of the history by the model that has its file, from which a newer one may grow, and the entries it was made of. */
export async function newestProfile(
	store: Store,
	historyId: string,
	model: string,
): Promise<{ id: string; entries: Entry[] } | undefined> {
	const row = await store.kysely
		.selectFrom("profiles")
		.select(["id", "view"])
		.where("history_id", "=", historyId)
		.where("model", "=", model)
		.where("file", "is not", null)
		.orderBy("created_at", "desc")
		.limit(1)
		.executeTakeFirst();
	if (!row) return undefined;
	const entries = row.view.map.map(({ entryId: id, prompt, intensity }) => ({ id, prompt, intensity }));
	return { id: row.id, entries };
}

/**
 * Keeps what is shown of a profile, and gives its id, or that of the one of this key that is there already; "no history" when that is
 * gone, "removed" when a prompt of it was deleted or reworded since it was read.
 */
export function storeProfile(store: Store, profile: NewProfile): Promise<{ id: string } | "no history" | "removed"> {
	const { userId, historyId, model, key, readAt, removals } = profile;
	const [view, warnings] = [JSON.stringify(profile.view), JSON.stringify(profile.warnings)];
	return store.kysely.transaction().execute(async (transaction) => {
		// Held, so that neither it nor a prompt of it is deleted in between.
		const history = await transaction
			.selectFrom("histories")
			.select("removals")
			.where("id", "=", historyId)
			.where("user_id", "=", userId)
			.forKeyShare()
			.executeTakeFirst();
		if (!history) return "no history";
		if (history.removals !== removals) return "removed";
		await transaction
			.insertInto("profiles")
			.values({
				...{ user_id: userId, history_id: historyId, model, key, view, warnings },
				created_at: sql<Date>`${readAt}::timestamptz`,
			})
			.onConflict((conflict) => conflict.columns(["history_id", "key"]).doNothing())
			.execute();
		return transaction
			.selectFrom("profiles")
			.select("id")
			.where("history_id", "=", historyId)
			.where("key", "=", key)
			.executeTakeFirstOrThrow();
	});
}
