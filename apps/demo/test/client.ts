import type { History, Item, Job, NewJob, ServerEvents, Session } from "../api/index.ts";

export interface Answer<Body> {
	readonly status: number;
	readonly headers: Headers;
	readonly body: Body;
}

export interface Sent {
	json?: unknown;
	body?: string | Uint8Array<ArrayBuffer>;
	headers?: Record<string, string>;
	signal?: AbortSignal;
}

export interface FollowOptions {
	/** Only this job's. */
	jobId?: string;
	signal?: AbortSignal;
}

/** An event of the service, as one of `ServerEvents`. */
export type Told = { [Name in keyof ServerEvents]: { event: Name; data: ServerEvents[Name] } }[keyof ServerEvents];

type Drawing = Extract<NewJob, { kind: "pictures" }>;

/** A job that draws, quickly. */
export const QUICK: Drawing = { kind: "pictures", model: "tiny", prompt: "a star", alphas: [0], numInferenceSteps: 2 };

export const hasEnded = ({ status }: Job): boolean => status !== "queued" && status !== "running";

/** A client of the service, as one user. */
export class Client {
	readonly address: string;
	readonly #token: string | undefined;

	constructor(address: string, token?: string) {
		this.address = address;
		this.#token = token;
	}

	/** Any request; JSON and text of its answer are read. */
	async call<Body = unknown>(
		method: string,
		path: string,
		{ json, body, headers, signal }: Sent = {},
	): Promise<Answer<Body>> {
		const response = await fetch(`${this.address}${path}`, {
			method,
			headers: {
				...(this.#token && { authorization: `Bearer ${this.#token}` }),
				...(json !== undefined && { "content-type": "application/json" }),
				...headers,
			},
			body: json === undefined ? (body ?? null) : JSON.stringify(json),
			signal: signal ?? null,
		});
		const text = await response.text();
		const isJson = response.headers.get("content-type")?.includes("json") ?? false;
		return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as Body };
	}

	/** The body of an answer that must be one of success. */
	async must<Body>(method: string, path: string, sent?: Sent): Promise<Body> {
		const { status, body } = await this.call<Body>(method, path, sent);
		if (status >= 300) throw new Error(`${method} ${path} was answered with ${status}: ${JSON.stringify(body)}`);
		return body;
	}

	session(): Promise<Session> {
		return this.must("GET", "/api/session");
	}

	async newHistory(items: readonly Item[], name = "mine"): Promise<string> {
		return (await this.must<{ id: string }>("POST", "/api/histories", { json: { name, items } })).id;
	}

	history(id: string): Promise<History> {
		return this.must("GET", `/api/histories/${id}`);
	}

	submit(request: NewJob, key?: string): Promise<Job> {
		return this.must("POST", "/api/jobs", {
			json: request,
			headers: key === undefined ? {} : { "idempotency-key": key },
		});
	}

	job(id: string): Promise<Job> {
		return this.must("GET", `/api/jobs/${id}`);
	}

	/** All jobs, newest first, from as many pages as there are. */
	async jobs(): Promise<Job[]> {
		const all: Job[] = [];
		for (let next: string | undefined = ""; next !== undefined; ) {
			const query: string = new URLSearchParams({ limit: "100", ...(next && { before: next }) }).toString();
			const page: { jobs: Job[]; next?: string } = await this.must("GET", `/api/jobs?${query}`);
			all.push(...page.jobs);
			next = page.next;
		}
		return all;
	}

	/** The job once `is` holds of it, by asking again and again. */
	async when(id: string, is: (job: Job) => boolean): Promise<Job> {
		for (;;) {
			const job = await this.job(id);
			if (is(job)) return job;
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	}

	async picture(url: string): Promise<Buffer> {
		const headers = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
		return Buffer.from(await (await fetch(`${this.address}${url}`, { headers })).arrayBuffer());
	}

	/** The service's events until it ends the stream, or `signal` aborts. */
	async *follow({ jobId, signal }: FollowOptions = {}): AsyncGenerator<Told> {
		const response = await fetch(`${this.address}/api/events${jobId === undefined ? "" : `?job=${jobId}`}`, {
			headers: this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` },
			signal: signal ?? null,
		});
		if (!response.ok) throw new Refused(response);
		let text = "";
		for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
			text += part;
			const frames = text.split("\n\n");
			text = frames.pop()!;
			for (const frame of frames) {
				const [, event, data] = /^event: (\w+)\ndata: (.*)$/m.exec(frame) ?? [];
				if (data !== undefined) yield { event, data: JSON.parse(data) } as Told;
			}
		}
	}
}

/** The service did not take a stream's request. */
export class Refused extends Error {
	readonly status: number;
	readonly retryAfter: number;

	constructor({ status, headers }: Response) {
		super(`refused with ${status}`);
		this.status = status;
		this.retryAfter = Number(headers.get("retry-after") ?? Number.NaN);
	}
}
