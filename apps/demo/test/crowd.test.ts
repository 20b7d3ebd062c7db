import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Job } from "../api/index.ts";
import { openStore } from "../store/open-store.ts";
import { addUser } from "../store/users.ts";
import { Client, hasEnded, QUICK, Refused } from "./client.ts";
import { afterFile, dataFolder, startService } from "./service.ts";

const afterwards = afterFile();
const USERS = 10;
/** Of one user: twice as many as may have a job at once. */
const CLIENTS = 20;
/**
 * How often everyone is told of all their jobs, 200 KB each time. The system takes the first 4 MB of a connection; if the service
 * kept what is over that, it would grow by half a GB.
 */
const ROUNDS = 45;
const METRICS = "for the operator";
let address: string;
let users: string[];

beforeAll(async () => {
	const data = await dataFolder(afterwards);
	{
		await using store = await openStore({ folder: data });
		users = [];
		for (let i = 0; i < USERS; i++) users.push((await addUser(store, `user ${i}`)).token);
	}
	const env = { DRUM_METRICS_TOKEN: METRICS };
	({ address } = await startService({
		data,
		env,
		args: ["--auth", "--log", "warn", "--job-pictures", "1000"],
		afterwards,
	}));
});

/** How often somebody was told to come again later. */
let toldToWait = 0;

/** Does what the service may refuse for now, as often as it takes, and comes again when it was told to. */
async function heeding<T>(
	ask: () => Promise<{ answer: T; retryAfter?: never } | { answer?: never; retryAfter: number }>,
): Promise<T> {
	for (;;) {
		const { answer, retryAfter } = await ask();
		if (retryAfter === undefined) return answer as T;
		expect(retryAfter).toBeGreaterThan(0);
		toldToWait++;
		await pause(retryAfter * 1000);
	}
}

/** One client: a history, a job for it, and all events to the job's end. */
async function visit(client: Client, name: string): Promise<Job> {
	const historyId = await client.newHistory([
		{ prompt: `a blue star, ${name}`, intensity: 2 },
		{ prompt: "a red cup", intensity: 3 },
	]);
	const { id } = await heeding(async () => {
		const json = { ...QUICK, historyId, prompt: `a house, ${name}`, alphas: [0.5] };
		// By its key, a request whose connection was closed can be sent again.
		const sent = { json, headers: { "idempotency-key": name } };
		const { status, headers, body } = await client.call<Job>("POST", "/api/jobs", sent);
		if (status === 429) return { retryAfter: Number(headers.get("retry-after")) };
		if (status === 408) return { retryAfter: 1 };
		expect(status).toBe(202);
		return { answer: body };
	});
	return heeding(async () => {
		const stop = new AbortController();
		try {
			for await (const { event, data } of client.follow({ jobId: id, signal: stop.signal }))
				if (event === "job" && hasEnded(data)) return { answer: data };
			throw new Error("the stream ended before the job");
		} catch (error) {
			if (error instanceof Refused && error.status === 429) return { retryAfter: error.retryAfter };
			throw error;
		} finally {
			stop.abort();
		}
	});
}

async function metric(name: string): Promise<number> {
	const headers = { authorization: `Bearer ${METRICS}` };
	const text = await (await fetch(`${address}/metrics`, { headers })).text();
	return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
}

describe("a crowd", () => {
	it("of 200 at once all get their pictures, once, and the service answers throughout", async () => {
		let over = false;
		const health = (async () => {
			let answers = 0;
			for (; !over; answers++) {
				const response = await fetch(`${address}/health/ready`, { signal: AbortSignal.timeout(10_000) });
				expect(response.status).toBe(200);
				await pause(200);
			}
			return answers;
		})();
		// Once a job has ended the service knows how long they take, and whom to tell to come when.
		const early = new Client(address, users[0]);
		for (let i = 0; i < 8; i++) {
			const { id } = await early.submit(QUICK);
			await early.when(id, hasEnded);
		}
		for (const { id } of await early.jobs()) await early.must("DELETE", `/api/jobs/${id}`);
		const started = performance.now();
		const visits = users.flatMap((token, user) =>
			Array.from({ length: CLIENTS }, (_, i) => visit(new Client(address, token), `${user} ${i}`)),
		);
		const jobs = await Promise.all(visits).finally(() => {
			over = true;
		});
		const seconds = Math.round((performance.now() - started) / 1000);
		expect(await health).toBeGreaterThan(10);
		console.log(`${jobs.length} clients in ${seconds} s, told to wait ${toldToWait} times`);

		expect(new Set(jobs.map(({ id }) => id)).size).toBe(USERS * CLIENTS);
		expect(new Set(jobs.map(({ status }) => status))).toEqual(new Set(["done"]));
		expect(toldToWait).toBeGreaterThan(0);
		const pictures = new Set<string>();
		for (const token of users) {
			const kept = await new Client(address, token).jobs();
			expect(kept).toHaveLength(CLIENTS);
			for (const { status, pictures: drawn } of kept) {
				expect([status, drawn.length]).toEqual(["done", 1]);
				pictures.add(drawn[0]!.id);
			}
		}
		expect(pictures.size).toBe(USERS * CLIENTS);
	});

	it("of 100 who ask for events and never read them costs little", async () => {
		const clients = users.slice(0, 6).map((token) => new Client(address, token));
		const [busy, ...followed] = clients;
		const alphas = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
		const historyId = await busy!.newHistory([{ prompt: "a blue star", intensity: 1 }]);
		// The first takes longer than the test.
		const long = { ...QUICK, historyId, alphas, numInferenceSteps: 200, width: 128, height: 128 };
		for (let i = 0; i < 9; i++) await busy!.submit(long);
		// As long in an event as a job can be: each of these characters takes six of JSON.
		const wide = "\u0001".repeat(2000);
		for (const client of followed)
			for (let i = 0; i < 9; i++)
				await client.submit({ ...QUICK, prompt: `a${wide.slice(2)}z`, negativePrompt: `a${wide.slice(2)}z` });

		const before = await metric("process_resident_memory_bytes");
		const sockets = users.slice(1, 6).flatMap((token) => Array.from({ length: 20 }, () => deaf(token)));
		onTestFinished(() => {
			for (const socket of sockets) socket.destroy();
		});
		await expect.poll(() => metric("drum_event_readers"), { timeout: 30_000 }).toBe(100);
		// As a job ends, all that wait behind it have moved up: everyone is told of every job of theirs.
		let most = 0;
		for (let round = 0; round < ROUNDS; round++) {
			const { id } = await busy!.submit(QUICK);
			await busy!.must("POST", `/api/jobs/${id}/cancel`);
			await pause(1000);
			most = Math.max(most, await metric("process_resident_memory_bytes"));
		}
		console.log(`memory grew by ${Math.round((most - before) / 2 ** 20)} MiB`);
		expect(most - before).toBeLessThan(200 * 2 ** 20);
		for (const client of clients) {
			for (const job of await client.jobs())
				if (!hasEnded(job)) await client.must("POST", `/api/jobs/${job.id}/cancel`);
		}
		const { id } = await busy!.submit(QUICK);
		expect((await busy!.when(id, hasEnded)).status).toBe("done");
	});
});

/** Follows a user's events, and reads none of them. */
function deaf(token: string): Socket {
	const { hostname, port } = new URL(address);
	const socket = connect({ host: hostname, port: Number(port) });
	socket.on("error", () => {});
	socket.write(`GET /api/events HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`);
	return socket.pause();
}
