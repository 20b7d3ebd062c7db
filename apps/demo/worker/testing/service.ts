import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type DatabasePlace, JobQueue } from "@drum/database";
import { CHEAP_FOLDER } from "@drum/test-files/cheap-folder";
import type { NotNull } from "kysely";
import type { Item, JobProgress, JobRequest, JobStatus } from "../../api/index.ts";
import { JOBS_CHANNEL, JOBS_QUEUE } from "../../store/channels.ts";
import { type Input, insertInputs } from "../../store/inputs.ts";
import { openStore, type Store } from "../../store/open-store.ts";
import type { Tables } from "../../store/tables.ts";
import { fillStore } from "../../store/testing/fill-store.ts";
import type { Log } from "../log.ts";
import { type Models, openModels } from "../models.ts";
import { startWorker, type Worker, type WorkerOptions } from "../worker.ts";
import { TINY } from "./tiny.ts";

/** So that a job is quick. */
export const QUICK = { kind: "pictures", model: "tiny", numInferenceSteps: 3, guidanceScale: 4, seed: 5 } as const;
const SILENT: Log = { warn: () => {}, error: () => {} };

/** What a job's row said at some time. */
export interface Seen {
	version: number;
	status: JobStatus;
	progress: JobProgress | null;
	preview: Uint8Array | null;
	preview_of: { place: number; step: number; total: number } | null;
}

/** A folder with a store in which nothing is, which the caller removes. */
export async function temporaryFolder(): Promise<string> {
	const folder = await mkdtemp(join(CHEAP_FOLDER, "drum-worker-"));
	await fillStore(folder);
	return folder;
}

/** What a worker sees of the service: a store, a queue, and what a server writes into them for a user. */
export class Service implements AsyncDisposable {
	readonly store: Store;
	readonly queue: JobQueue<{ jobId: string }>;
	readonly userId: string;
	readonly #ends = new AsyncDisposableStack();

	private constructor(store: Store, queue: JobQueue<{ jobId: string }>, userId: string, folder: string | undefined) {
		this.store = store;
		this.queue = queue;
		this.userId = userId;
		// What is put here last ends first.
		if (folder) this.#ends.defer(() => rm(folder, { recursive: true }));
		this.#ends.use(store);
		this.#ends.defer(() => queue.stop({ graceSeconds: 0 }));
	}

	/** In a folder of its own, unless a place is given. */
	static async open(place?: DatabasePlace): Promise<Service> {
		const folder = place ? undefined : await temporaryFolder();
		const store = await openStore(place ?? { folder: folder! });
		const queue = await JobQueue.open<{ jobId: string }, Tables>(store, JOBS_QUEUE);
		const name = { name: `user ${Math.random()}` };
		const { id } = await store.kysely.insertInto("users").values(name).returning("id").executeTakeFirstOrThrow();
		return new Service(store, queue, id, folder);
	}

	/** A worker of this process with a queue of its own, which draws with `@drum/tiny` unless it is given other models. */
	async startWorker(
		models?: Pick<Models, "get" | "use">,
		{ log = SILENT, jobMinutes, endRun }: Partial<WorkerOptions> = {},
	): Promise<Worker> {
		const { store } = this;
		const queue = await JobQueue.open<{ jobId: string }, Tables>(store, JOBS_QUEUE);
		const own = models ?? this.#ends.use(await openModels([TINY]));
		const worker = await startWorker({ store, queue, models: own, log, jobMinutes, endRun });
		this.#ends.defer(() => worker.stop({ graceSeconds: 0 }));
		return worker;
	}

	async history(items: readonly Item[]): Promise<string> {
		const values = { user_id: this.userId, name: "mine" };
		const inserted = this.store.kysely.insertInto("histories").values(values).returning("id");
		const { id } = await inserted.executeTakeFirstOrThrow();
		await this.add(id, items);
		return id;
	}

	async add(historyId: string, items: readonly Item[]): Promise<void> {
		for (let from = 0; from < items.length; from += 1000) {
			const rows = items.slice(from, from + 1000).map((item) => ({ ...item, history_id: historyId }));
			await this.store.kysely.insertInto("entries").values(rows).execute();
		}
	}

	/** Puts a job into the queue, as the server does. */
	send(request: JobRequest, inputs: readonly Input[] = []): Promise<string> {
		return this.store.kysely.transaction().execute(async (transaction) => {
			const row = {
				user_id: this.userId,
				request: JSON.stringify(request),
				request_hash: "",
				history_id: request.historyId ?? null,
			};
			const inserted = transaction.insertInto("jobs").values(row).returning("id");
			const { id } = await inserted.executeTakeFirstOrThrow();
			await insertInputs(transaction, this.userId, id, inputs);
			await this.queue.send({ jobId: id }, { id, transaction });
			return id;
		});
	}

	/** Ends a job as the server does. */
	async cancel(id: string): Promise<void> {
		await this.store.kysely
			.updateTable("jobs")
			.set(({ eb }) => ({ status: "cancelled", version: eb("version", "+", 1), preview: null, preview_of: null }))
			.where("id", "=", id)
			.execute();
		await this.store.notify(JOBS_CHANNEL, id);
	}

	job(id: string) {
		return this.store.kysely.selectFrom("jobs").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
	}

	pictures(jobId: string) {
		const pictures = this.store.kysely.selectFrom("pictures").selectAll().where("job_id", "=", jobId);
		return pictures.orderBy("place").$narrowType<{ png: NotNull }>().execute();
	}

	/** All that a reader of a job's row sees who looks whenever it is told, until the job has ended. */
	async follow(id: string): Promise<Seen[]> {
		const seen: Seen[] = [];
		await this.when(id, (row) => {
			seen.push(row);
			return hasEnded(row.status);
		});
		return seen;
	}

	/** The job's row once it is so; it is looked at whenever it is told to have changed. */
	async when(id: string, is: (row: Awaited<ReturnType<Service["job"]>>) => boolean) {
		let changed = Promise.withResolvers<void>();
		const tell = () => changed.resolve();
		const deafen = await this.store.listen(JOBS_CHANNEL, (jobId) => (jobId === id ? tell() : undefined), tell);
		try {
			for (;;) {
				changed = Promise.withResolvers<void>();
				const row = await this.job(id);
				if (is(row)) return row;
				await changed.promise;
				// Whoever tells of it goes on first.
				await setImmediate();
			}
		} finally {
			await deafen();
		}
	}

	ended(id: string) {
		return this.when(id, ({ status }) => hasEnded(status));
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.#ends.disposeAsync();
	}
}

function hasEnded(status: JobStatus): boolean {
	return status !== "queued" && status !== "running";
}

/** A taste: blue, striped, outlined. */
export function likes(count: number): Item[] {
	const subjects = ["star", "house", "cat", "fish", "boat", "heart", "cup", "tree"];
	return Array.from({ length: count }, (_, i) => ({
		prompt: `a blue striped ${subjects[i % 8]}, ${["outline", "pencil", "neon"][i % 3]} style`,
		intensity: 1 + (i % 5),
	}));
}
