import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Database, type DatabasePlace, type FailedJob, JobQueue, openDatabase, type QueuedJob } from "./index.ts";
import { openPlaces } from "./testing/places.ts";
import { runProcess } from "./testing/run-process.ts";

interface Data {
	word: string;
}

const places = await openPlaces();
afterAll(() => places[Symbol.asyncDispose]());

const errors: Error[] = [];
const toClose: AsyncDisposable[] = [];
afterEach(async () => {
	for (const each of toClose.splice(0).reverse()) await each[Symbol.asyncDispose]();
	expect(errors.splice(0).map(String)).toEqual([]);
});

async function openQueue(database: Database<object>, options = {}, name = "words"): Promise<JobQueue<Data>> {
	const queue = await JobQueue.open<Data, object>(database, name, {
		onError: (error) => errors.push(error),
		...options,
	});
	toClose.push(queue);
	return queue;
}

async function open(place: DatabasePlace): Promise<Database<object>> {
	const database = await openDatabase<object>(place, { migrations: {} });
	toClose.push(database);
	return database;
}

describe.each(["embedded", "server"] as const)("a queue, %s,", (kind) => {
	let database: Database<object>;
	let name: string;
	let queue: JobQueue<Data>;
	beforeAll(async () => {
		database = await openDatabase<object>(await places.create(kind), { migrations: {} });
	});
	afterAll(() => database[Symbol.asyncDispose]());
	// Each in a queue of its own, which takes a tenth of the time of a database.
	beforeEach(async () => {
		name = `words-${randomUUID()}`;
		queue = await openQueue(database, {}, name);
	});

	it("gives jobs to a worker in the order they were sent", async () => {
		const ids = [randomUUID(), randomUUID(), randomUUID()];
		for (const id of ids) await queue.send({ word: id }, { id });
		expect(await queue.counts()).toEqual({ queued: 3, active: 0 });
		const done: Pick<QueuedJob<Data>, "id" | "data">[] = [];
		await queue.work(async ({ id, data }) => void done.push({ id, data }));
		await vi.waitFor(async () => expect(await queue.counts()).toEqual({ queued: 0, active: 0 }), 10_000);
		expect(done).toEqual(ids.map((id) => ({ id, data: { word: id } })));
	});

	it("gives those of a higher priority first", async () => {
		const words = ["later", "first", "later still", "second"];
		const priorities = [-1, 2, -1, 2];
		for (const [i, word] of words.entries()) await queue.send({ word }, { id: randomUUID(), priority: priorities[i] });
		const done: string[] = [];
		await queue.work(async ({ data }) => void done.push(data.word));
		await vi.waitFor(() => expect(done).toEqual(["first", "second", "later", "later still"]), 10_000);
	});

	it("goes from one job to the next without a rest", async () => {
		// With one at each look, a second apart, it would take half a minute.
		for (let i = 0; i < 30; i++) await queue.send({ word: "any" }, { id: randomUUID() });
		await queue.work(async () => {});
		await vi.waitFor(async () => expect(await queue.counts()).toEqual({ queued: 0, active: 0 }), 15_000);
	});

	it("does as many at once as it is told", async () => {
		let [running, most] = [0, 0];
		const enough = Promise.withResolvers<void>();
		await queue.work(
			async () => {
				running += 1;
				most = Math.max(most, running);
				if (running === 3) enough.resolve();
				await enough.promise;
				running -= 1;
			},
			{ concurrency: 3 },
		);
		for (let i = 0; i < 7; i++) await queue.send({ word: "any" }, { id: randomUUID() });
		await vi.waitFor(async () => expect(await queue.counts()).toEqual({ queued: 0, active: 0 }), 10_000);
		expect(most).toBe(3);
	});

	it("takes an id once", async () => {
		const id = randomUUID();
		await queue.send({ word: "first" }, { id });
		await queue.send({ word: "second" }, { id });
		const words: string[] = [];
		await queue.work(async ({ data }) => void words.push(data.word));
		await vi.waitFor(async () => expect(await queue.counts()).toEqual({ queued: 0, active: 0 }), 10_000);
		await queue.send({ word: "after it was done" }, { id });
		expect(await queue.counts()).toEqual({ queued: 0, active: 0 });
		expect(words).toEqual(["first"]);
	});

	it("has a job sent in a transaction when that commits", async () => {
		const words: string[] = [];
		await queue.work(async ({ data }) => void words.push(data.word));
		const failing = database.kysely.transaction().execute(async (transaction) => {
			await queue.send({ word: "rolled back" }, { id: randomUUID(), transaction });
			throw new Error("enough");
		});
		await expect(failing).rejects.toThrow("enough");
		await database.kysely.transaction().execute(async (transaction) => {
			await queue.send({ word: "committed" }, { id: randomUUID(), transaction });
			await setTimeout(50);
			expect(words).toEqual([]);
		});
		await vi.waitFor(() => expect(words).toEqual(["committed"]), 10_000);
	});

	it("tries again a job whose handler throws, and tells when it has failed for good", async () => {
		const failed: FailedJob<Data>[] = [];
		await queue.workFailed(async (job) => void failed.push(job));
		let tries = 0;
		await queue.work(async () => {
			tries += 1;
			throw new Error(`try ${tries}`);
		});
		const id = randomUUID();
		await queue.send({ word: "hopeless" }, { id });
		await vi.waitFor(() => expect(failed).toEqual([{ id, data: { word: "hopeless" }, reason: "try 3" }]), 20_000);
		expect(await queue.counts()).toEqual({ queued: 0, active: 0 });
	});

	it("tells of a failed job later, where nobody asked when it failed", async () => {
		const id = randomUUID();
		await queue.work(async () => Promise.reject(new Error("never")));
		await queue.send({ word: "hopeless" }, { id });
		await vi.waitFor(async () => expect(await queue.counts()).toEqual({ queued: 0, active: 0 }), 20_000);
		await queue.stop();
		const later = await openQueue(database, {}, name);
		const failed: string[] = [];
		await later.workFailed(async (job) => void failed.push(job.id));
		await vi.waitFor(() => expect(failed).toEqual([id]), 10_000);
	});

	it("forgets a job that is removed before it is begun", async () => {
		const [removed, kept] = [randomUUID(), randomUUID()];
		for (const id of [removed, kept]) await queue.send({ word: id }, { id });
		await queue.remove(removed);
		const done: string[] = [];
		await queue.work(async ({ id }) => void done.push(id));
		await vi.waitFor(async () => expect(await queue.counts()).toEqual({ queued: 0, active: 0 }), 10_000);
		expect(done).toEqual([kept]);
	});

	it("aborts the signal of a job that is removed", async () => {
		const begun = Promise.withResolvers<QueuedJob<Data>>();
		await queue.work(async (job) => {
			begun.resolve(job);
			await new Promise((resolve) => job.signal.addEventListener("abort", resolve));
		});
		const id = randomUUID();
		await queue.send({ word: "begun" }, { id });
		const { signal } = await begun.promise;
		await queue.remove(id);
		expect(signal.aborted).toBe(true);
		await queue.stop();
		expect(await queue.counts()).toEqual({ queued: 0, active: 0 });
	});

	it("waits at stop for what was begun", async () => {
		const [begun, ending] = [Promise.withResolvers<AbortSignal>(), Promise.withResolvers<void>()];
		await queue.work(async ({ signal }) => {
			begun.resolve(signal);
			await ending.promise;
		});
		for (let i = 0; i < 2; i++) await queue.send({ word: "any" }, { id: randomUUID() });
		const signal = await begun.promise;
		const stopping = queue.stop();
		await setTimeout(50);
		expect(signal.aborted).toBe(false);
		ending.resolve();
		await stopping;
		expect(await queue.counts()).toEqual({ queued: 1, active: 0 });
	});

	it("gives back at stop what takes too long, with as many tries left as before", async () => {
		const begun = Promise.withResolvers<void>();
		await queue.work(async ({ signal }) => {
			begun.resolve();
			await new Promise((resolve) => signal.addEventListener("abort", resolve));
		});
		const id = randomUUID();
		await queue.send({ word: "long" }, { id });
		await begun.promise;
		const other = kind === "server" ? await openQueue(database, {}, name) : undefined;
		await queue.stop({ graceSeconds: 0.1 });
		expect(await queue.counts()).toEqual({ queued: 1, active: 0 });
		let tries = 0;
		const later = other ?? (await openQueue(database, {}, name));
		await later.work(async () => {
			tries += 1;
			throw new Error("never");
		});
		await vi.waitFor(async () => expect(await later.counts()).toEqual({ queued: 0, active: 0 }), 20_000);
		expect(tries).toBe(3);
	});

	it("leaves a job to its new worker, when the old one ends it late", async () => {
		const [begun, ending] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
		await queue.work(async () => {
			begun.resolve();
			await ending.promise;
		});
		await queue.send({ word: "long" }, { id: randomUUID() });
		await begun.promise;
		const other = await openQueue(database, {}, name);
		const stopping = queue.stop({ graceSeconds: 0.1 });
		const taken = Promise.withResolvers<void>();
		const finish = Promise.withResolvers<void>();
		await other.work(async () => {
			taken.resolve();
			await finish.promise;
		});
		await taken.promise;
		ending.resolve();
		await stopping;
		expect(await other.counts()).toEqual({ queued: 0, active: 1 });
		finish.resolve();
		await vi.waitFor(async () => expect(await other.counts()).toEqual({ queued: 0, active: 0 }), 10_000);
	});

	it("gives a killed process's job to another", async () => {
		const id = randomUUID();
		const place = await places.create(kind);
		{
			await using database = await openDatabase<object>(place, { migrations: {} });
			await using queue = await JobQueue.open<Data, object>(database, "words");
			await queue.send({ word: "deadly" }, { id });
		}
		const worker = runProcess("work-process.ts", JSON.stringify(place));
		await worker.printed(`begun ${id}`);
		worker.child.kill("SIGKILL");
		await worker.ended();
		const opened = await open(place);
		const later = await openQueue(opened, { heartbeatSeconds: 10 });
		const done: string[] = [];
		await later.work(async ({ id }) => void done.push(id));
		if (kind === "server") {
			// The worker may be there yet, as far as anyone can tell: its job is left alone until it was silent for long enough.
			await setTimeout(2500);
			expect(done).toEqual([]);
			const age = sql`update pgboss.job set heartbeat_on = heartbeat_on - interval '10 seconds' where id = ${id}`;
			expect((await age.execute(opened.kysely)).numAffectedRows).toBe(1n);
		}
		await vi.waitFor(() => expect(done).toEqual([id]), 10_000);
	});
});

it("errors of the queue's connection are told, and it goes on when the server is back", async () => {
	const place = await places.create("server");
	const database = await open(place);
	const queue = await openQueue(database);
	const words: string[] = [];
	await queue.work(async ({ data }) => void words.push(data.word));
	await places.postgres.crash();
	await vi.waitFor(() => expect(errors.length).toBeGreaterThan(0), 20_000);
	await places.postgres.start();
	await queue.send({ word: "after the crash" }, { id: randomUUID() });
	await vi.waitFor(() => expect(words).toEqual(["after the crash"]), 20_000);
	await queue.stop();
	errors.splice(0);
});

it("several who open one server's queue for the first time at once share it", async () => {
	const place = await places.create("server");
	const databases = await Promise.all(Array.from({ length: 4 }, () => open(place)));
	const queues = await Promise.all(databases.map((database) => openQueue(database)));
	const done: string[] = [];
	for (const queue of queues) await queue.work(async ({ id }) => void done.push(id));
	const ids = Array.from({ length: 20 }, () => randomUUID());
	await Promise.all(ids.map((id, i) => queues[i % 4]!.send({ word: "any" }, { id })));
	await vi.waitFor(async () => expect(await queues[0]!.counts()).toEqual({ queued: 0, active: 0 }), 20_000);
	expect(done.sort()).toEqual(ids.sort());
	const { rows } = await sql`select count(*)::int as count from pgboss.job where state = 'completed'`.execute(
		databases[0]!.kysely,
	);
	expect(rows).toEqual([{ count: 20 }]);
});

it("a heartbeat that is too quick is refused", async () => {
	const database = await open(await places.create("embedded"));
	await expect(openQueue(database, { heartbeatSeconds: 9 })).rejects.toMatchObject({ code: "argument" });
});
