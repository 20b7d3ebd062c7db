import { createConnection } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { addUser } from "../store/users.ts";
import { EventStream } from "./testing/event-stream.ts";
import { begin, draw, finish, step } from "./testing/play-job.ts";
import { type Client, OPENING, TestService } from "./testing/test-service.ts";

let service: TestService;
let client: Client;
let port: number;
beforeAll(async () => {
	service = await TestService.open();
	client = await service.serve({ limits: { streamsOfUser: 250, jobsOfUser: 100 } });
	port = await client.listen();
}, OPENING);
afterAll(() => service[Symbol.asyncDispose]());
afterEach(async () => {
	for (const stream of open.splice(0)) stream.close();
	await service.store.kysely.deleteFrom("jobs").execute();
});

const open: EventStream[] = [];
async function stream(path?: string, headers?: Record<string, string>, at = port): Promise<EventStream> {
	const opened = await EventStream.open(at, path, headers);
	open.push(opened);
	return opened;
}

const ofJob = (id: string) => (told: EventStream["events"][number]) => told.name === "job" && told.data.id === id;

describe("a stream of events", () => {
	test("begins with the jobs that have not ended, then tells each change as the job is then", async () => {
		const [running, ended, queued] = [await client.job(), await client.job(), await client.job()];
		const claim = await begin(service.store, running.id);
		await finish(service.store, await begin(service.store, ended.id));
		await step(service.store, claim, 1);
		const events = await stream();
		expect(events.headers).toMatchObject({ "content-type": "text/event-stream", "cache-control": "no-store" });
		expect(await events.job(running.id)).toMatchObject({ status: "running", progress: { done: 1 } });
		expect(await events.job(queued.id)).toMatchObject({ status: "queued", ahead: 1 });
		await events.first(({ name, data }) => name === "preview" && data.jobId === running.id && data.step === 1);
		const warning = { code: "prompt-cut", what: "prompt", message: 'prompt is too long: "<b>".' };
		await draw(service.store, claim, [warning]);
		await finish(service.store, claim);
		const done = await events.job(running.id, ({ status }) => status === "done");
		expect(done).toEqual((await client.send(`GET /api/jobs/${running.id}`)).body);
		expect(done.pictures).toHaveLength(1);
		expect(done.warnings).toEqual([warning]);
		// A server that was not there when it ended has nothing to tell of it.
		const later = await stream(undefined, undefined, await (await service.serve()).listen());
		await later.job(queued.id);
		expect(later.events.filter(ofJob(ended.id))).toEqual([]);
	});

	test("tells of new jobs, of those that move up, and of those that are gone", async () => {
		const events = await stream();
		const [first, second] = [await client.job(), await client.job()];
		expect(await events.job(second.id)).toMatchObject({ ahead: 1 });
		await client.send(`POST /api/jobs/${first.id}/cancel`);
		await events.job(second.id, ({ ahead }) => ahead === 0);
		await client.send(`DELETE /api/jobs/${first.id}`);
		await events.first(({ name, data }) => name === "deleted" && data.jobId === first.id);
	});

	test("of one job tells of that job alone, also when it has ended", async () => {
		const [one, other] = [await client.job(), await client.job()];
		await client.send(`POST /api/jobs/${one.id}/cancel`);
		const events = await stream(`/api/events?job=${one.id}`);
		expect(await events.job(one.id)).toMatchObject({ status: "cancelled" });
		const all = await stream();
		await client.send(`POST /api/jobs/${other.id}/cancel`);
		await all.job(other.id, ({ status }) => status === "cancelled");
		expect(events.events.filter(ofJob(other.id))).toEqual([]);
	});

	test("taken up again tells of jobs that ended in between", async () => {
		const before = await stream();
		const job = await client.job();
		await before.job(job.id);
		const last = /^id: (\d+)$/m.exec(before.text)![1]!;
		before.close();
		await client.send(`POST /api/jobs/${job.id}/cancel`);
		const again = await stream("/api/events", { "last-event-id": last });
		expect(await again.job(job.id)).toMatchObject({ status: "cancelled" });
	});

	test("shows that it lives while nothing happens", async () => {
		const beating = await service.serve({ streams: { heartbeatMs: 20 } });
		const events = await stream(undefined, undefined, await beating.listen());
		await vi.waitFor(() => expect(events.text).toMatch(/(id: \d+\n\n){3}/));
	});

	test("over the limit of a user's is refused, until one is closed", async () => {
		const narrow = await service.serve({ limits: { streamsOfUser: 2 } });
		const at = await narrow.listen();
		const [first] = [await stream(undefined, undefined, at), await stream(undefined, undefined, at)];
		const third = await stream(undefined, undefined, at);
		expect(third).toMatchObject({ status: 429, headers: { "retry-after": "5" } });
		first.close();
		await vi.waitFor(async () => expect((await stream(undefined, undefined, at)).status).toBe(200));
	});

	test("says the time where there is nothing else to say, so that who comes back is told what ended meanwhile", async () => {
		const job = await client.job();
		const idle = await stream(`/api/events?job=${(await client.job()).id}`);
		await vi.waitFor(() => expect(idle.text).toMatch(/^id: \d+$/m));
		const last = /^id: (\d+)$/m.exec(idle.text)![1]!;
		await finish(service.store, await begin(service.store, job.id));
		for (const id of [last, String(Date.now() + 3_600_000)]) {
			const again = await stream("/api/events", { "last-event-id": id });
			await again.job(job.id, ({ status }) => status === "done");
		}
	});

	test("taken up again after the clock was set back tells of all that ended in the last day", async () => {
		const job = await client.job();
		await finish(service.store, await begin(service.store, job.id));
		const ended_at = new Date(Date.now() - 20 * 3_600_000);
		await service.store.kysely.updateTable("jobs").set({ ended_at }).where("id", "=", job.id).execute();
		const again = await stream("/api/events", { "last-event-id": String(Date.now() + 3_600_000) });
		expect(await again.job(job.id)).toMatchObject({ status: "done" });
	});

	test("tells that a history has changed, whatever has changed of it, and nobody else", async () => {
		const shared = await service.serve({ auth: true });
		const at = await shared.listen();
		const [ann, bob] = [await addUser(service.store, "ann"), await addUser(service.store, "bob")];
		const follow = (token: string) => stream("/api/events", { authorization: `Bearer ${token}` }, at);
		const [events, others] = [await follow(ann.token), await follow(bob.token)];
		const hers = shared.as(ann.token);
		const { id, entries } = await hers.history();
		const path = `/api/histories/${id}`;
		const csv = { text: "prompt\na cup\n", headers: { "content-type": "text/csv" } };
		const changes: [string, object?][] = [
			[`PATCH ${path}`, { json: { name: "other" } }],
			[`POST ${path}/entries`, { json: { items: [{ prompt: "a tree" }] } }],
			[`POST ${path}/import`, csv],
			[`PATCH ${path}/entries/${entries[0]!.id}`, { json: { intensity: 2 } }],
			[`DELETE ${path}/entries/${entries[0]!.id}`],
			[`DELETE ${path}`],
		];
		const told = () => events.events.filter(({ name, data }) => name === "history" && data.historyId === id).length;
		await vi.waitFor(() => expect(told()).toBe(1));
		for (const [i, [request, sent]] of changes.entries()) {
			expect((await hers.send(request, sent)).status, request).toBeLessThan(300);
			await vi.waitFor(() => expect(told(), request).toBe(i + 2));
		}
		expect(others.events).toEqual([]);
	});

	test("tells each user of their own jobs only", async () => {
		const shared = await service.serve({ auth: true });
		const at = await shared.listen();
		const [one, other] = [await addUser(service.store, "one"), await addUser(service.store, "other")];
		const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
		const ones = await stream("/api/events", bearer(one.token), at);
		const others = await stream("/api/events", bearer(other.token), at);
		const job = await shared.as(one.token).job();
		await ones.job(job.id);
		const own = await shared.as(other.token).job();
		await others.job(own.id);
		await shared.as(one.token).send(`POST /api/jobs/${job.id}/cancel`);
		await shared.as(one.token).send(`DELETE /api/jobs/${job.id}`);
		await ones.first(({ name }) => name === "deleted");
		expect(others.events.filter((told) => !ofJob(own.id)(told))).toEqual([]);
		const foreign = await stream(`/api/events?job=${job.id}`, bearer(other.token), at);
		expect(foreign.status).toBe(404);
	});
});

describe("many clients", () => {
	test("200 at once are all told, for one read of each change", async () => {
		const streams = await Promise.all(Array.from({ length: 200 }, () => stream()));
		const statements = vi.spyOn(service.store.kysely.getExecutor(), "executeQuery");
		const before = await client.job();
		await Promise.all(streams.map((each) => each.job(before.id)));
		const reads = statements.mock.calls.filter(([{ sql }]) => /"preview".*from "jobs"/s.test(sql));
		statements.mockRestore();
		// Each server of this file hears of it, and reads it once.
		expect(reads.length).toBeLessThan(10);
	}, 120_000);

	test("one that takes nothing misses what is between, and gets the newest when it takes again", async () => {
		const job = await client.job();
		const claim = await begin(service.store, job.id);
		const [slow, quick] = [await stream(), await stream()];
		await slow.job(job.id);
		slow.pause();
		const steps = 40;
		for (let done = 1; done <= steps; done++) {
			await step(service.store, claim, done, 300_000);
			await quick.first(({ name, data }) => name === "preview" && data.step === done);
		}
		await finish(service.store, claim);
		await quick.job(job.id, ({ status }) => status === "done");
		slow.resume();
		await slow.job(job.id, ({ status }) => status === "done");
		const previews = slow.events.filter(({ name }) => name === "preview");
		expect(previews.length).toBeLessThan(steps);
		// It was not held for the slow one: what it got is what sockets hold.
		expect(slow.text.length).toBeLessThan(quick.text.length);
	}, 120_000);

	test("one that takes nothing for long is cut off", async () => {
		const strict = await service.serve({ streams: { stallMs: 50 } });
		const at = await strict.listen();
		const socket = createConnection({ host: "127.0.0.1", port: at });
		socket.on("error", () => {});
		socket.pause();
		socket.write("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
		const readers = async () => {
			const { body } = await strict.send<string>("GET /metrics");
			return Number(/^drum_event_readers (\d+)$/m.exec(body)![1]);
		};
		await vi.waitFor(async () => expect(await readers()).toBe(1));
		const claim = await begin(service.store, (await client.job()).id);
		let done = 0;
		while ((await readers()) > 0) {
			await step(service.store, claim, ++done, 2_000_000);
			// The embedded database gives the event loop no turn by itself.
			await setTimeout(10);
		}
		socket.destroy();
	}, 120_000);
});

test("a job that ends is measured", async () => {
	const { id } = await client.job();
	const events = await stream();
	await finish(service.store, await begin(service.store, id));
	await events.job(id, ({ status }) => status === "done");
	const { body } = await client.send<string>("GET /metrics");
	expect(body).toMatch(/^drum_job_duration_seconds_count\{kind="pictures",status="done"\} [1-9]/m);
	expect(body).toMatch(/^drum_jobs\{status="done"\} 1$/m);
	expect(body).toMatch(/^drum_http_request_duration_seconds_count\{method="POST",route="\/api\/jobs",status="202"\}/m);
});
