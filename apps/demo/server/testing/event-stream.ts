import { type ClientRequest, get, type IncomingMessage } from "node:http";
import type { Job, ServerEvents } from "../../api/index.ts";

type Told = { [Name in keyof ServerEvents]: { name: Name; data: ServerEvents[Name] } }[keyof ServerEvents];

interface Waiter {
	fits: (told: Told) => boolean;
	resolve: (told: Told) => void;
}

/** A client of server-sent events on a socket of its own. */
export class EventStream {
	readonly events: Told[] = [];
	/** The text of all that came. */
	text = "";
	readonly ended: Promise<void>;
	readonly #request: ClientRequest;
	readonly #response: IncomingMessage;
	readonly #waiters = new Set<Waiter>();
	#rest = "";

	private constructor(request: ClientRequest, response: IncomingMessage) {
		this.#request = request;
		this.#response = response;
		response.setEncoding("utf8");
		response.on("data", (text: string) => this.#take(text));
		response.on("error", () => {});
		this.ended = new Promise((resolve) => response.on("close", resolve));
	}

	/** Settles when the answer has begun. */
	static open(port: number, path = "/api/events", headers: Record<string, string> = {}): Promise<EventStream> {
		return new Promise((resolve, reject) => {
			const request = get({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
				resolve(new EventStream(request, response));
			});
			request.on("error", reject);
		});
	}

	get status(): number {
		return this.#response.statusCode!;
	}

	get headers(): IncomingMessage["headers"] {
		return this.#response.headers;
	}

	/** The first event that fits, of those that came and those to come. */
	first(fits: (told: Told) => boolean): Promise<Told> {
		const found = this.events.find(fits);
		return found ? Promise.resolve(found) : new Promise((resolve) => this.#waiters.add({ fits, resolve }));
	}

	/** The first state of the job that fits. */
	async job(id: string, fits: (job: Job) => boolean = () => true): Promise<Job> {
		const told = await this.first(({ name, data }) => name === "job" && data.id === id && fits(data));
		return told.data as Job;
	}

	/** Takes nothing from the socket until `resume`. */
	pause(): void {
		this.#response.pause();
	}

	resume(): void {
		this.#response.resume();
	}

	close(): void {
		this.#request.destroy();
	}

	#take(text: string): void {
		this.text += text;
		const blocks = (this.#rest + text).split("\n\n");
		this.#rest = blocks.pop()!;
		for (const block of blocks) {
			const name = /^event: (.+)$/m.exec(block)?.[1] as Told["name"] | undefined;
			const data = /^data: (.+)$/m.exec(block)?.[1];
			if (name === undefined || data === undefined) continue;
			const told = { name, data: JSON.parse(data) } as Told;
			this.events.push(told);
			for (const waiter of this.#waiters) {
				if (!waiter.fits(told)) continue;
				this.#waiters.delete(waiter);
				waiter.resolve(told);
			}
		}
	}
}
