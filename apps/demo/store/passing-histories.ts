import { sql } from "kysely";
import type { Item } from "../api/index.ts";
import { insertEntries } from "./entries.ts";
import type { Store } from "./open-store.ts";

/** A history that comes with a request, for its jobs alone: it is listed nowhere, and `deleteHistory` takes it with its profiles. */
export function createPassingHistory({ kysely }: Store, userId: string, items: readonly Item[]): Promise<string> {
	return kysely.transaction().execute(async (transaction) => {
		const { id } = await transaction
			.insertInto("histories")
			.values({ user_id: userId, name: "of a request", until: sql<Date>`now() + interval '1 day'` })
			.returning("id")
			.executeTakeFirstOrThrow();
		await insertEntries(transaction, id, items);
		return id;
	});
}

/** Those that a server left when it was killed. */
export async function overduePassingHistories({ kysely }: Store): Promise<{ id: string; userId: string }[]> {
	const overdue = kysely.selectFrom("histories").select(["id", "user_id as userId"]);
	return overdue.where("until", "<", sql<Date>`now()`).execute();
}
