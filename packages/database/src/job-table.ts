import { type QueryExecutorProvider, sql } from "kysely";
import type { PgBoss } from "pg-boss";
import type { Backend } from "./backend.ts";
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

const swept = new WeakMap<Backend, Set<string>>();

/**
 * Ends the tries of workers that are dead: each job waits again, or has failed if it was its last try. In a folder that is
 * this process's alone those are all that were begun before it opened the queue.
 */
export async function endOrphans(
	{ backend, kysely }: { backend: Backend; kysely: QueryExecutorProvider },
	boss: PgBoss,
	queue: string,
): Promise<void> {
	if (backend.kind !== "embedded") return;
	const known = swept.get(backend) ?? new Set();
	swept.set(backend, known);
	if (known.has(queue)) return;
	known.add(queue);
	const { rows } = await sql<{ id: string }>`
		select id from pgboss.job where name = ${queue} and state = 'active'`.execute(kysely);
	const ids = rows.map(({ id }) => id);
	if (ids.length > 0) await boss.fail(queue, ids, { message: "its process ended" });
}
