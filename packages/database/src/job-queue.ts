import { setTimeout } from "node:timers/promises";
import { ArgumentError, checkNames, shown } from "@drum/tensor";
import { CompiledQuery, type QueryExecutorProvider } from "kysely";
import type { PgBoss, SendOptions, WorkOptions } from "pg-boss";
import { countJobs, giveBack, type JobCounts } from "./job-table.ts";
import type { Database } from "./open-database.ts";
import { RunningJobs } from "./running-jobs.ts";
import { failedName, startBoss } from "./start-boss.ts";

export interface JobQueueOptions {
	/** How often a job is begun again after its worker died or it threw. Default 2. */
	retryLimit?: number | undefined;
	/** After so many seconds without a sign of its worker a job is another's, at least 10. Default 12. */
	heartbeatSeconds?: number | undefined;
	/** Called with what goes wrong outside of the calls, such as a server that is out of reach for a while. Default: nothing is called. */
	onError?: ((error: Error) => void) | undefined;
}

export interface SendJobOptions {
	/** A UUID; of jobs with the same the first counts. */
	id: string;
	/** Of the same database: the job is there when it commits. */
	transaction?: QueryExecutorProvider | undefined;
	/** An integer: those of higher ones are done first, those of one in the order in which they came. Default 0. */
	priority?: number | undefined;
}

/** A job as its worker gets it. */
export interface QueuedJob<Data> {
	readonly id: string;
	readonly data: Data;
	/** Aborts when the worker is stopped for good, or the job was taken from it. */
	readonly signal: AbortSignal;
}

/** A job that was begun as often as it may be, and never done. */
export interface FailedJob<Data> {
	readonly id: string;
	readonly data: Data;
	/** What the last try came to: an error's message, or that its worker was not heard of again. */
	readonly reason: string;
}

/** What `stop` waits for handlers to end once their signals have aborted. */
const ABORT_MS = 5000;

/**
 * A queue of jobs in the database, for workers on any number of machines: each is done at least once, by one worker at a
 * time, and is given a day.
 */
export class JobQueue<Data extends object> implements AsyncDisposable {
	readonly #database: QueryExecutorProvider;
	readonly #boss: PgBoss;
	readonly #name: string;
	readonly #polling: WorkOptions;
	readonly #running = new RunningJobs();
	#stopping: Promise<void> | undefined;

	private constructor(database: QueryExecutorProvider, boss: PgBoss, name: string, polling: WorkOptions) {
		this.#database = database;
		this.#boss = boss;
		this.#name = name;
		this.#polling = polling;
	}

	/**
	 * Opens the queue of this name, or makes it. Jobs that a dead process had begun are given to others: on the embedded
	 * database at once, on a server when `heartbeatSeconds` have gone by.
	 * @throws ArgumentError for fewer of these than 10
	 */
	static async open<Data extends object, Tables>(
		database: Database<Tables>,
		name: string,
		options: JobQueueOptions = {},
	): Promise<JobQueue<Data>> {
		checkNames("JobQueue.open", options, ["retryLimit", "heartbeatSeconds", "onError"]);
		const { retryLimit = 2, heartbeatSeconds = 12, onError = () => {} } = options;
		checkHeartbeat(heartbeatSeconds);
		const boss = await startBoss(database, name, { retryLimit, heartbeatSeconds, onError });
		const polling = {
			// A new job is announced; only one that is tried again is found by looking.
			pollingIntervalSeconds: 1,
			notifyPollingIntervalSeconds: 1,
			...(database.kind === "server" && { heartbeatRefreshSeconds: heartbeatSeconds / 4 }),
		};
		return new JobQueue<Data>(database.kysely, boss, name, polling);
	}

	/** Adds a job. */
	async send(data: Data, { id, transaction, priority = 0 }: SendJobOptions): Promise<void> {
		await this.#boss.send(this.#name, data, { id, priority, ...(transaction && { db: within(transaction) }) });
	}

	/** Takes a job from the queue. A worker that has begun it learns of it by its signal, on another machine within seconds. */
	async remove(id: string): Promise<void> {
		await this.#boss.cancel(this.#name, id);
		this.#running.abort("the job was removed", id);
	}

	/** How many jobs wait for a worker, and how many have one. */
	counts(): Promise<JobCounts> {
		return countJobs(this.#database, this.#name);
	}

	/** Does jobs, `concurrency` at a time, until `stop`. A job whose handler throws is tried again. */
	async work(handler: (job: QueuedJob<Data>) => Promise<void>, { concurrency = 1 } = {}): Promise<void> {
		await Promise.all(Array.from({ length: concurrency }, () => this.#workOne(handler)));
	}

	async #workOne(handler: (job: QueuedJob<Data>) => Promise<void>): Promise<void> {
		const worker = this.#boss.work<Data>(this.#name, this.#polling, async ([job]) => {
			const { id, data, retryCount, signal } = job!;
			await this.#running.run({ id, retryCount }, signal, (signal) => handler({ id, data, signal }));
			// So that the next is looked for at once: after a job, too, a worker rests until one is announced.
			this.#boss.notifyWorker(await worker);
		});
		await worker;
	}

	/**
	 * Hears of each job that has failed for good, on one of the machines that ask, also of those that did so while nobody
	 * asked. If the handler throws it hears again.
	 */
	async workFailed(handler: (job: FailedJob<Data>) => Promise<void>): Promise<void> {
		const options = { ...this.#polling, includeMetadata: true as const };
		await this.#boss.work<Data, void, typeof options>(failedName(this.#name), options, async ([job]) => {
			const { sourceId, data, sourceOutput } = job!;
			await handler({ id: sourceId!, data, reason: reasonOf(sourceOutput) });
		});
	}

	/**
	 * Takes no more jobs, and waits for those begun at most so long; then their signals abort and they are another
	 * worker's, as if they had not been begun.
	 */
	stop({ graceSeconds = 30 } = {}): Promise<void> {
		this.#stopping ??= this.#stop(graceSeconds * 1000);
		return this.#stopping;
	}

	async #stop(grace: number): Promise<void> {
		const names = [this.#name, failedName(this.#name)];
		const drained = Promise.all(names.map((name) => this.#boss.offWork(name)));
		await atMost(grace, drained);
		await giveBack(this.#database, this.#name, this.#running.attempts);
		this.#running.abort("the worker is stopped");
		await atMost(ABORT_MS, this.#running.ended());
		await this.#boss.stop({ graceful: false });
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.stop();
	}
}

/** pg-boss's own adapter takes less than Kysely's types give it. */
function within(transaction: QueryExecutorProvider): NonNullable<SendOptions["db"]> {
	return {
		async executeSql(text, values = []) {
			const { rows } = await transaction.getExecutor().executeQuery(CompiledQuery.raw(text, values));
			return { rows };
		},
	};
}

function checkHeartbeat(seconds: number): void {
	if (Number.isInteger(seconds) && seconds >= 10) return;
	throw new ArgumentError({ what: "heartbeatSeconds", expected: "an integer from 10", found: shown(seconds) });
}

async function atMost(ms: number, promise: Promise<unknown>): Promise<void> {
	const late = new AbortController();
	await Promise.race([promise, setTimeout(ms, undefined, { signal: late.signal }).catch(() => {})]);
	late.abort();
}

/** pg-boss keeps what a handler threw, or words of its own, as JSON. */
function reasonOf(output: unknown): string {
	const { message, value } = (output ?? {}) as { message?: unknown; value?: unknown };
	if (typeof message === "string") return message;
	return typeof value === "object" ? reasonOf(value) : String(value ?? "unknown");
}
