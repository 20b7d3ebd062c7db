import { type Kysely, sql } from "kysely";
import { JOBS_CHANNEL } from "./channels.ts";
import type { Store } from "./open-store.ts";
import type { Tables } from "./tables.ts";

/** Which jobs of a user: one, or all of a history. */
type Which = { user_id: string } & ({ id: string } | { history_id: string });

/** Cancels a job unless it has ended. Whether it had not. */
export async function cancelJob(store: Store, userId: string, id: string): Promise<boolean> {
	const cancelled = await store.kysely
		.transaction()
		.execute((transaction) => cancelJobs(store, transaction, { user_id: userId, id }));
	return cancelled.length > 0;
}

/** Cancels those that have not ended, within a transaction. Gives their ids. */
export async function cancelJobs(store: Store, transaction: Kysely<Tables>, which: Which): Promise<string[]> {
	const cancelled = await transaction
		.updateTable("jobs")
		.set(({ eb }) => ({
			...{ status: "cancelled", preview: null, preview_of: null },
			version: eb("version", "+", 1),
			ended_at: sql<Date>`now()`,
		}))
		.where("status", "in", ["queued", "running"])
		.where(({ and }) => and(which))
		.returning("id")
		.execute();
	for (const { id } of cancelled) await store.notify(JOBS_CHANNEL, id, transaction);
	return cancelled.map(({ id }) => id);
}

/** Deletes a job that has ended, with its pictures. */
export function deleteJob(store: Store, userId: string, id: string): Promise<"deleted" | "no job" | "unended"> {
	return store.kysely.transaction().execute(async (transaction) => {
		const found = transaction.selectFrom("jobs").select("status").where("id", "=", id).where("user_id", "=", userId);
		const job = await found.forUpdate().executeTakeFirst();
		if (!job) return "no job";
		if (job.status === "queued" || job.status === "running") return "unended";
		await transaction.deleteFrom("jobs").where("id", "=", id).execute();
		await store.notify(JOBS_CHANNEL, `${id} ${userId}`, transaction);
		return "deleted";
	});
}
