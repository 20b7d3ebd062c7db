import { setImmediate as turn } from "node:timers/promises";
import { sql } from "kysely";
import { JOBS_CHANNEL } from "./channels.ts";
import type { Store } from "./open-store.ts";

/** Jobs that are deleted in one transaction. */
const PART = 50;

/** Deletes jobs that ended before so many days, with their pictures, and tells. Gives how many. */
export async function deleteOldJobs(store: Store, days: number): Promise<number> {
	for (let deleted = 0; ; ) {
		const part = await store.kysely.transaction().execute(async (transaction) => {
			const { rows } = await sql<{ id: string; user_id: string }>`
				delete from jobs where id in (
					select id from jobs where ended_at < now() - make_interval(days => ${days})
					order by ended_at limit ${PART} for update skip locked
				) returning id, user_id
			`.execute(transaction);
			for (const { id, user_id } of rows) await store.notify(JOBS_CHANNEL, `${id} ${user_id}`, transaction);
			return rows.length;
		});
		deleted += part;
		if (part < PART) return deleted;
		await turn();
	}
}
