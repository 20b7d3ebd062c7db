import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { JobQueue } from "@drum/database";
import { CHEAP_FOLDER } from "@drum/test-files/cheap-folder";
import type { FastifyInstance, InjectOptions } from "fastify";
import type { History, Job, NewHistory, NewJob } from "../../api/index.ts";
import { JOBS_QUEUE, type JobMessage } from "../../store/channels.ts";
import type { ObjectsOptions } from "../../store/objects/objects.ts";
import { openStore, type Store } from "../../store/open-store.ts";
import type { Tables } from "../../store/tables.ts";
import { fillStore } from "../../store/testing/fill-store.ts";
import { createServer, type ServerOptions } from "../server.ts";
import { MODEL } from "./made-up-model.ts";

/** Milliseconds that opening one may take where the machine has other work. */
export const OPENING = 120_000;

/** An embedded database in a folder of its own, and servers on it. */
export class TestService implements AsyncDisposable {
	readonly #apps: FastifyInstance[] = [];

	readonly folder: string;
	readonly store: Store;
	readonly queue: JobQueue<JobMessage>;

	private constructor(folder: string, store: Store, queue: JobQueue<JobMessage>) {
		this.folder = folder;
		this.store = store;
		this.queue = queue;
	}

	/** @param objects where pictures and profiles go, if not into the database */
	static async open(objects?: ObjectsOptions): Promise<TestService> {
		const folder = await mkdtemp(join(CHEAP_FOLDER, "demo-server-"));
		await fillStore(folder);
		const store = await openStore({ folder }, objects);
		// It came with the copy, and is each service's own.
		await store.kysely.updateTable("service").set({ id: randomUUID() }).execute();
		return new TestService(folder, store, await JobQueue.open<JobMessage, Tables>(store, JOBS_QUEUE));
	}

	/** Another server on the same database. */
	async serve(options: Partial<ServerOptions> = {}): Promise<Client> {
		const { store, queue } = this;
		const app = await createServer({ store, queue, models: [MODEL], auth: false, ...options });
		this.#apps.push(app);
		return new Client(app);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const app of this.#apps) await app.close();
		await this.queue.stop({ graceSeconds: 0 });
		await this.store[Symbol.asyncDispose]();
		await rm(this.folder, { recursive: true });
	}
}

export interface Answer<Body> {
	status: number;
	headers: Record<string, string>;
	body: Body;
}

type Sent = { json?: unknown; text?: string | Buffer; headers?: Record<string, string> };

/** Speaks to a server, without a socket until `listen`. */
export class Client {
	readonly app: FastifyInstance;
	readonly headers: Record<string, string>;

	constructor(app: FastifyInstance, headers: Record<string, string> = { host: "localhost:3000" }) {
		this.app = app;
		this.headers = headers;
	}

	/** The same with a token. */
	as(token: string): Client {
		return new Client(this.app, { ...this.headers, authorization: `Bearer ${token}` });
	}

	async send<Body = unknown>(request: string, { json, text, headers = {} }: Sent = {}): Promise<Answer<Body>> {
		const [method, url = "/"] = request.split(" ", 2);
		const payload = json === undefined ? text : JSON.stringify(json);
		const type = json === undefined ? {} : { "content-type": "application/json" };
		const answer = await this.app.inject({
			...{ method: method as NonNullable<InjectOptions["method"]>, url },
			headers: { ...this.headers, ...type, ...headers },
			...(payload !== undefined && { payload }),
		});
		const isJson = /json/.test(String(answer.headers["content-type"]));
		const body = (isJson ? answer.json() : answer.body) as Body;
		return { status: answer.statusCode, headers: answer.headers as Record<string, string>, body };
	}

	async history(items: NewHistory["items"] = [{ prompt: "a blue star" }, { prompt: "two red fish", intensity: 3 }]) {
		const { body } = await this.send<History>("POST /api/histories", { json: { name: "mine", items } });
		return (await this.send<History>(`GET /api/histories/${body.id}`)).body;
	}

	async job(request: Partial<NewJob> = {}, headers: Record<string, string> = {}): Promise<Job> {
		const json = { kind: "pictures", model: "tiny", prompt: "a star", alphas: [0], ...request };
		return (await this.send<Job>("POST /api/jobs", { json, headers })).body;
	}

	/** Listens on loopback, and gives the port. */
	async listen(): Promise<number> {
		await this.app.listen({ host: "127.0.0.1", port: 0 });
		return (this.app.server.address() as AddressInfo).port;
	}
}
