import { type QueryExecutorProvider, sql } from "kysely";
import type { PgBoss } from "pg-boss";
import type { Database } from "./open-database.ts";
import type { Attempt } from "./running-jobs.ts";

// What is asked of pg-boss's table of jobs that pg-boss has no call for.

export interface JobCounts {
	/** Those that wait for a worker. */
	queued: number;
	/** Those that have one. */
	active: number;
}

export async function countJobs(database: QueryExecutorProvider, queue: string): Promise<JobCounts> {
	const { rows } = await sql<JobCounts>`
		select
			count(*) filter (where state in ('created', 'retry'))::int as queued,
			count(*) filter (where state = 'active')::int as active
		from pgboss.job where name = ${queue}`.execute(database);
	return rows[0]!;
}

/**
 * Makes jobs that were begun as if they were not: they wait again, with as many tries left as before. Both counts go up,
 * since a worker that ends a job proves by its count of tries that the job is still its own.
 */
export async function giveBack(
	database: QueryExecutorProvider,
	queue: string,
	attempts: readonly Attempt[],
): Promise<void> {
	for (const { id, retryCount } of attempts) {
		await sql`
			update pgboss.job
			set state = 'retry', retry_count = retry_count + 1, retry_limit = retry_limit + 1,
				started_on = null, heartbeat_on = null
			where name = ${queue} and id = ${id} and state = 'active' and retry_count = ${retryCount}`.execute(database);
	}
}

/** Queues of which that was done, by database. */
const swept = new WeakMap<object, Set<string>>();

/**
 * Ends the tries of workers that are dead: each job waits again, or has failed if it was its last try. In a folder that is
 * this process's alone those are all that were begun before it opened the queue.
 */
export async function endOrphans<Tables>(database: Database<Tables>, boss: PgBoss, queue: string): Promise<void> {
	if (database.kind !== "embedded") return;
	const known = swept.get(database) ?? new Set();
	swept.set(database, known);
	if (known.has(queue)) return;
	known.add(queue);
	const { rows } = await sql<{ id: string }>`
		select id from pgboss.job where name = ${queue} and state = 'active'`.execute(database.kysely);
	const ids = rows.map(({ id }) => id);
	if (ids.length > 0) await boss.fail(queue, ids, { message: "its process ended" });
}
