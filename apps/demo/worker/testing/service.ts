import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JobQueue } from "@drum/database";
import { adapters, model } from "@drum/tiny";
import { onTestFinished } from "vitest";
import type { Item, JobRequest } from "../../api/index.ts";
import { JOBS_CHANNEL, JOBS_QUEUE } from "../../store/channels.ts";
import { openStore, type Store } from "../../store/open-store.ts";
import type { Tables } from "../../store/tables.ts";
import { type Models, openModels } from "../models.ts";
import { startWorker } from "../worker.ts";

export const TINY = { id: "tiny", source: model, adapters };
/** So that a job is quick. */
export const QUICK = { kind: "pictures", model: "tiny", numInferenceSteps: 3, seed: 5 } as const;

/** A database in a folder of its own, gone after the test. */
export async function temporaryStore(): Promise<{ store: Store; folder: string }> {
	const folder = await mkdtemp(join(tmpdir(), "drum-worker-"));
	const store = await openStore({ folder });
	onTestFinished(async () => {
		await store[Symbol.asyncDispose]();
		await rm(folder, { recursive: true });
	});
	return { store, folder };
}

/** The service's part that a worker sees: a store, a queue, and what a server writes into them. */
export class Service {
	readonly store: Store;
	readonly queue: JobQueue<{ jobId: string }>;
	readonly userId: string;
	/** Each change of a job that was told, in order. */
	readonly told: string[] = [];

	private constructor(store: Store, queue: JobQueue<{ jobId: string }>, userId: string) {
		this.store = store;
		this.queue = queue;
		this.userId = userId;
	}

	static async open(store: Store): Promise<Service> {
		const queue = await JobQueue.open<{ jobId: string }, Tables>(store, JOBS_QUEUE);
		onTestFinished(() => queue.stop({ graceSeconds: 1 }));
		const user = { name: `user ${Math.random()}` };
		const { id } = await store.kysely.insertInto("users").values(user).returning("id").executeTakeFirstOrThrow();
		const service = new Service(store, queue, id);
		await store.listen(JOBS_CHANNEL, (jobId) => service.told.push(jobId));
		return service;
	}

	async history(items: readonly Item[]): Promise<string> {
		const values = { user_id: this.userId, name: "mine" };
		const inserted = this.store.kysely.insertInto("histories").values(values).returning("id");
		const { id } = await inserted.executeTakeFirstOrThrow();
		await this.add(id, items);
		return id;
	}

	async add(historyId: string, items: readonly Item[]): Promise<void> {
		if (items.length === 0) return;
		const rows = items.map((item) => ({ ...item, history_id: historyId }));
		await this.store.kysely.insertInto("entries").values(rows).execute();
	}

	/** Puts a job into the queue, as the server does. */
	send(request: JobRequest): Promise<string> {
		return this.store.kysely.transaction().execute(async (transaction) => {
			const values = {
				user_id: this.userId,
				request: JSON.stringify(request),
				request_hash: "",
				history_id: request.historyId ?? null,
			};
			const inserted = transaction.insertInto("jobs").values(values).returning("id");
			const { id } = await inserted.executeTakeFirstOrThrow();
			await this.queue.send<Tables>({ jobId: id }, { id, transaction });
			return id;
		});
	}

	job(id: string) {
		return this.store.kysely.selectFrom("jobs").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
	}

	pictures(jobId: string) {
		return this.store.kysely.selectFrom("pictures").selectAll().where("job_id", "=", jobId).orderBy("place").execute();
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

	/** The job's row once it is so. */
	async when(id: string, is: (row: Awaited<ReturnType<Service["job"]>>) => boolean) {
		for (;;) {
			const row = await this.job(id);
			if (is(row)) return row;
			await new Promise((resolve) => setTimeout(resolve, 5));
		}
	}

	ended(id: string) {
		return this.when(id, ({ status }) => !["queued", "running"].includes(status));
	}
}

/** A service with a worker that draws with `@drum/tiny`. */
export async function workingService(): Promise<Service & { models: Models }> {
	const { store } = await temporaryStore();
	const service = await Service.open(store);
	const models = await openModels([TINY]);
	const worker = await startWorker({ store, queue: service.queue, models });
	onTestFinished(async () => {
		await worker.stop({ graceSeconds: 1 });
		await models[Symbol.asyncDispose]();
	});
	return Object.assign(service, { models });
}

/** A taste: blue, striped, outlined. */
export function likes(count: number): Item[] {
	const subjects = ["star", "house", "cat", "fish", "boat", "heart", "cup", "tree"];
	return Array.from({ length: count }, (_, i) => ({
		prompt: `a blue striped ${subjects[i % 8]}, ${["outline", "pencil", "neon"][i % 3]} style`,
		intensity: 1 + (i % 5),
	}));
}
