import { type Kysely, sql } from "kysely";
import type { Tables } from "./tables.ts";

/**
 * Deletes the profiles that tell of an entry as it was, with their files: of what a user removes nothing stays. What is made of the
 * history as it was read before this is not kept.
 */
export async function forgetProfiles(
	transaction: Kysely<Tables>,
	historyId: string,
	entry: { entryId: string; prompt?: string },
): Promise<void> {
	const told = sql<boolean>`view->'map' @> ${JSON.stringify([entry])}::text::jsonb`;
	await transaction.deleteFrom("profiles").where("history_id", "=", historyId).where(told).execute();
	const update = transaction.updateTable("histories").set(({ eb }) => ({ removals: eb("removals", "+", 1) }));
	await update.where("id", "=", historyId).execute();
}
