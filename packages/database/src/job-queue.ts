import type { Kysely } from "kysely";
import { fromKysely, type JobWithMetadata, PgBoss } from "pg-boss";
import type { Database } from "./open-database.ts";

export interface JobQueueOptions {
	/** How often a job is begun again after its worker died or it threw. Default 2. */
	retryLimit?: number | undefined;
	/** After so many seconds without a sign of its worker a job is another's, at least 10. Default 15. */
	heartbeatSeconds?: number | undefined;
}

/** A job as its worker gets it. */
export interface QueuedJob<Data> {
	readonly id: string;
	readonly data: Data;
	/** Whether it is not tried again when the handler throws. */
	readonly lastTry: boolean;
	/** Aborts when the worker is stopped for good, or the job was taken from it. */
	readonly signal: AbortSignal;
}

/** A queue of jobs in the database: each is done at least once, by one worker at a time, on any machine. */
export class JobQueue<Data extends object> implements AsyncDisposable {
	readonly #boss: PgBoss;
	readonly #name: string;

	private constructor(boss: PgBoss, name: string) {
		this.#boss = boss;
		this.#name = name;
	}

	static async open<Data extends object, Tables>(
		database: Database<Tables>,
		name: string,
		{ retryLimit = 2, heartbeatSeconds = 15 }: JobQueueOptions = {},
	): Promise<JobQueue<Data>> {
		const boss = new PgBoss({ ...database.backend.queue, schedule: false });
		boss.on("error", () => {});
		await boss.start();
		await boss.createQueue(name, { retryLimit, heartbeatSeconds });
		return new JobQueue<Data>(boss, name);
	}

	/** Adds a job; within a transaction it is there when that commits. Of jobs with one `id`, the first counts. */
	async send<Tables>(data: Data, { id, transaction }: { id: string; transaction?: Kysely<Tables> }): Promise<void> {
		await this.#boss.send(this.#name, data, { id, ...(transaction && { db: fromKysely(transaction) }) });
	}

	/** Takes a job from the queue that no worker has begun. */
	async remove(id: string): Promise<void> {
		await this.#boss.cancel(this.#name, id);
	}

	/** Does jobs, `concurrency` at a time, until `stop`. A job whose handler throws is tried again. */
	async work(handler: (job: QueuedJob<Data>) => Promise<void>, { concurrency = 1 } = {}): Promise<void> {
		const options = {
			includeMetadata: true,
			batchSize: 1,
			localConcurrency: concurrency,
			pollingIntervalSeconds: 0.5,
		} as const;
		await this.#boss.work(this.#name, options, async ([job]: JobWithMetadata<Data>[]) => {
			if (!job) return;
			const { id, data, retryCount, retryLimit, signal } = job;
			await handler({ id, data, lastTry: retryCount >= retryLimit, signal });
		});
	}

	/** Takes no more jobs, and waits for those begun at most so long; then they are another worker's. */
	async stop({ graceSeconds = 30 } = {}): Promise<void> {
		await this.#boss.stop({ graceful: true, timeout: graceSeconds * 1000, close: true });
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.stop();
	}
}
