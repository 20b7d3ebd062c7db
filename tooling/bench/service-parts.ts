// What service.ts measures with: a Postgres server, stand-ins for models that only sleep, workers, and how much of the processors both take.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { JobOrder, JobRequest } from "../../apps/demo/api/index.ts";
import { MODEL } from "../../apps/demo/server/testing/made-up-model.ts";
import { JOBS_QUEUE, type JobMessage } from "../../apps/demo/store/channels.ts";
import { createJob } from "../../apps/demo/store/create-job.ts";
import { countJobs } from "../../apps/demo/store/job-times.ts";
import { openStore, type Store } from "../../apps/demo/store/open-store.ts";
import type { Tables } from "../../apps/demo/store/tables.ts";
import { addUser } from "../../apps/demo/store/users.ts";
import { startWorker, type WorkerOptions } from "../../apps/demo/worker/worker.ts";
import { JobQueue } from "../../packages/database/src/index.ts";
import { startPostgres, type TestPostgres } from "../test-postgres/index.ts";

/** A server with the settings of one that is to keep things, and room for the connections of many workers. */
export async function startServer(): Promise<TestPostgres> {
	const server = await startPostgres();
	for (const setting of ["fsync = on", "full_page_writes = on", "shared_buffers = '128MB'", "max_connections = 900"])
		await server.run(`alter system set ${setting}`);
	await server.crash();
	await server.start();
	return server;
}

/** The service's tables and queue in a database of their own. */
export interface Place extends AsyncDisposable {
	readonly url: string;
	readonly store: Store;
	readonly queue: JobQueue<JobMessage>;
}

export async function openPlace(url: string): Promise<Place> {
	const store = await openStore({ url });
	const queue = await JobQueue.open<JobMessage, Tables>(store, JOBS_QUEUE);
	return {
		...{ url, store, queue },
		async [Symbol.asyncDispose]() {
			await queue.stop({ graceSeconds: 0 });
			await store[Symbol.asyncDispose]();
		},
	};
}

const REQUEST: JobOrder & JobRequest = { kind: "pictures", model: MODEL.id, prompt: "a star", alphas: [0], seed: 1 };
const MOST = { most: { ofUser: 1_000_000, ofAll: 1_000_000 }, mostBytes: Number.POSITIVE_INFINITY };

export async function addOne({ store }: Place, name: string): Promise<string> {
	return (await addUser(store, name)).user.id;
}

/** As the interface does it; gives the ids. */
export async function send({ store, queue }: Place, userId: string, count: number): Promise<string[]> {
	const ids: string[] = [];
	for (let i = 0; i < count; i++) {
		const { id } = await createJob(store, queue, userId, { request: REQUEST, asked: REQUEST, ...MOST });
		ids.push(id!);
	}
	return ids;
}

export interface StandIn {
	/** Of one picture. */
	steps: number;
	stepMs: number;
	/** Bytes of its file. */
	png: number;
	/** Holds all back until it settles. */
	gate?: Promise<void>;
}

/** Small, as a worker encodes it for each preview. */
const PREVIEW = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) };

/** Draws nothing, and takes its time. */
function standIn({ steps, stepMs, png, gate }: StandIn): WorkerOptions["models"] {
	const file = new Uint8Array(png);
	const image = { width: 512, height: 512, toPng: async () => file };
	const drum = {
		async generate(_: string, options: { signal: AbortSignal; onStep: (step: object) => unknown }) {
			await gate;
			for (let step = 1; step <= steps; step++) {
				await setTimeout(stepMs, undefined, { signal: options.signal });
				await options.onStep({ step, steps, preview: () => PREVIEW });
			}
			return { images: [image], warnings: [] };
		},
	};
	const use = (_: string, __: object, task: (model: object) => unknown) => task({ drum, warnings: [] });
	return { get: () => MODEL, use } as never;
}

const SILENT = { warn: () => {}, error: () => {} };

/** Workers of this process, each with connections of its own, as of processes on many machines. */
export async function startWorkers(url: string, count: number, what: StandIn): Promise<AsyncDisposable> {
	const opened: { place: Place; stop: () => Promise<void> }[] = [];
	for (let i = 0; i < count; i++) {
		const place = await openPlace(url);
		const worker = await startWorker({ ...place, models: standIn(what), log: SILENT });
		opened.push({ place, stop: () => worker.stop({ graceSeconds: 0 }) });
	}
	return {
		async [Symbol.asyncDispose]() {
			await Promise.all(
				opened.map(async ({ place, stop }) => {
					await stop();
					await place.store[Symbol.asyncDispose]();
				}),
			);
		},
	};
}

export async function untilDone({ store }: Place, count: number): Promise<void> {
	for (;;) {
		const done = (await countJobs(store)).find(({ status }) => status === "done")?.count ?? 0;
		if (done >= count) return;
		await setTimeout(50);
	}
}

/** Seconds of processors that this process and the server have used. Linux. */
export async function processorSeconds(server: TestPostgres): Promise<{ ours: number; postgres: number }> {
	const { user, system } = process.cpuUsage();
	const main = Number.parseInt(await server.run("select pg_read_file('postmaster.pid')"), 10);
	let ticks = 0;
	for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
		const fields = statOf(entry);
		// Of the server itself also what those of its processes took that have ended.
		if (Number(entry) === main) ticks += sum(fields, 11, 15);
		else if (Number(fields[1]) === main) ticks += sum(fields, 11, 13);
	}
	return { ours: (user + system) / 1e6, postgres: ticks / 100 };
}

/** What stands behind the name in `/proc/<id>/stat`, from the state on; nothing where the process has ended. */
function statOf(id: string): string[] {
	try {
		return readFileSync(`/proc/${id}/stat`, "utf8")
			.replace(/^.*\) /s, "")
			.split(" ");
	} catch {
		return [];
	}
}

function sum(fields: readonly string[], from: number, to: number): number {
	return fields.slice(from, to).reduce((total, each) => total + Number(each), 0);
}
