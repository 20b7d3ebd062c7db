import { setTimeout as pause } from "node:timers/promises";
import { startPostgres, type TestPostgres } from "@drum/test-postgres";
import { beforeAll, describe, expect, it } from "vitest";
import type { Item, Job } from "../api/index.ts";
import { Client, hasEnded, QUICK, type Told } from "./client.ts";
import { afterFile, type Program, type RunningService, runDemo, startService } from "./service.ts";

const LIKED: Item[] = ["a blue star", "a blue house", "a red cup"].map((prompt, i) => ({ prompt, intensity: i + 1 }));
/** A second or more. */
const SLOW = { ...QUICK, alphas: [0, 0.5, 1], numInferenceSteps: 50 };

const afterwards = afterFile();
let postgres: TestPostgres;
let env: Record<string, string>;
let server: RunningService;
let client: Client;
let historyId: string;

async function startWorker(): Promise<Program> {
	const worker = runDemo(["worker"], { env, afterwards });
	await worker.said(/Waiting for jobs/);
	return worker;
}

beforeAll(async () => {
	postgres = await startPostgres();
	afterwards(async () => postgres[Symbol.asyncDispose]());
	env = { DATABASE_URL: await postgres.createDatabase() };
	server = await startService({ env, args: ["--no-worker"], afterwards });
	client = new Client(server.address);
	historyId = await client.newHistory(LIKED);
});

/** Jobs of different prompts, and what their client is told of them until they have ended. */
async function submit(count: number): Promise<Job[]> {
	const jobs: Job[] = [];
	for (let i = 0; i < count; i++) jobs.push(await client.submit({ ...SLOW, historyId, prompt: `star ${i}`, seed: i }));
	return jobs;
}

/** Every job has ended well, with each of its pictures once. */
async function expectDone(jobs: readonly Job[]): Promise<void> {
	for (const { id } of jobs) {
		const { status, pictures } = await client.when(id, hasEnded);
		expect(status).toBe("done");
		expect(pictures.map(({ alpha }) => alpha)).toEqual(SLOW.alphas);
		const files = await Promise.all(pictures.map(({ url }) => client.picture(url)));
		expect(new Set(files.map((file) => file.toString("base64"))).size).toBe(SLOW.alphas.length);
	}
}

const isRunning = ({ status }: Job) => status === "running";

describe("a service with a Postgres server, and workers that are processes of their own", () => {
	it("finishes the job of a worker that is killed by another", async () => {
		const workers = [await startWorker(), await startWorker()];
		const told: Told[] = [];
		const stop = new AbortController();
		const following = (async () => {
			for await (const each of client.follow({ signal: stop.signal })) told.push(each);
		})().catch(() => {});
		const jobs = await submit(4);
		await Promise.all(
			jobs.slice(0, 2).map(({ id }) => client.when(id, ({ progress }) => progress?.station === "steps")),
		);
		await workers[0]!.kill("SIGKILL");
		await expectDone(jobs);
		for (const { id } of jobs) {
			const of = () => told.flatMap(({ event, data }) => (event === "job" && data.id === id ? [data] : []));
			await expect.poll(() => of().at(-1)?.status, { timeout: 5000 }).toBe("done");
			const versions = of().map(({ version }) => version);
			expect(versions).toEqual(versions.toSorted((a, b) => a - b));
			expect(of().filter(hasEnded)).toHaveLength(1);
		}
		stop.abort();
		await following;
		await workers[1]!.kill("SIGKILL");
	});

	it("goes on with its jobs while its server is killed, and takes them up again", async () => {
		const worker = await startWorker();
		const jobs = await submit(3);
		await client.when(jobs[0]!.id, isRunning);
		await server.program.kill("SIGKILL");
		server = await startService({ env, args: ["--no-worker"], port: server.port, afterwards });
		await expectDone(jobs);
		expect(await worker.kill("SIGTERM")).toEqual({ code: 0, signal: null });
	});

	it("comes through a crash of its database: open streams go on, and no job is lost", async () => {
		await startWorker();
		const stop = new AbortController();
		const ended = new Set<string>();
		const following = (async () => {
			for await (const { event, data } of client.follow({ signal: stop.signal }))
				if (event === "job" && hasEnded(data)) ended.add(data.id);
		})();
		const jobs = await submit(3);
		await client.when(jobs[0]!.id, ({ progress }) => progress?.station === "steps");
		await postgres.crash();
		const ready = async () => (await client.call("GET", "/health/ready")).status;
		await expect.poll(ready, { timeout: 20_000 }).toBe(503);
		const refused = await client.call<{ status: number; detail?: string }>("GET", "/api/jobs");
		expect(refused.status).toBeGreaterThanOrEqual(500);
		expect(refused.headers.get("content-type")).toContain("application/problem+json");
		expect((await client.call("GET", "/health/live")).status).toBe(200);
		await pause(1000);
		await postgres.start();
		await expect.poll(ready, { timeout: 30_000 }).toBe(200);
		await expectDone(jobs);
		const later = await submit(1);
		await expectDone(later);
		await expect.poll(() => [...jobs, ...later].filter(({ id }) => !ended.has(id)), { timeout: 20_000 }).toEqual([]);
		expect((await client.history(historyId)).entries.map(({ prompt }) => prompt)).toEqual(
			LIKED.map(({ prompt }) => prompt),
		);
		stop.abort();
		await following.catch(() => {});
	});
});
