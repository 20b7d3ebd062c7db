import type { ServerResponse } from "node:http";
import { timeFrame } from "./frames.ts";

/** Most events that wait for a reader that is slow. */
const MOST_PENDING = 2000;

/** What an event is about: a job's state, that it is gone included, its preview, or a history. */
type Kind = "job" | "preview" | "history";

interface ReaderOptions {
	/** Only this job's events. */
	jobId: string | undefined;
	/** A client that takes nothing for so long is cut off. */
	stallMs: number;
	/** Whether the client is signed in still; without it, it needs not be. */
	isWelcome?: (() => Promise<boolean>) | undefined;
}

/**
 * One client of server-sent events. Of each job only the newest state and preview wait, and they are written when the socket
 * has taken what went before: a slow client costs what its jobs cost, however much happens.
 */
export class Reader {
	readonly #response: ServerResponse;
	readonly #jobId: string | undefined;
	readonly #stallMs: number;
	readonly #isWelcome: () => Promise<boolean>;
	readonly #pending = new Map<string, string>();
	/** Holds all back until `begin`. */
	#begun = false;
	/** Set while the socket takes nothing. */
	#stalled: NodeJS.Timeout | undefined;

	constructor(response: ServerResponse, { jobId, stallMs, isWelcome = async () => true }: ReaderOptions) {
		this.#response = response;
		this.#jobId = jobId;
		this.#stallMs = stallMs;
		this.#isWelcome = isWelcome;
		response.on("drain", () => {
			clearTimeout(this.#stalled);
			this.#stalled = undefined;
			this.#flush();
		});
		response.on("close", () => clearTimeout(this.#stalled));
		// A client that goes while it is written to is no error.
		response.on("error", () => {});
	}

	/** An event of that kind about a job or a history, in place of one that still waits. */
	put(kind: Kind, id: string, frame: string): void {
		if (this.#jobId !== undefined && this.#jobId !== id) return;
		this.#pending.set(`${kind} ${id}`, frame);
		if (this.#pending.size > MOST_PENDING) this.#response.destroy();
		else this.#flush();
	}

	/** An event that is older than one that waits. */
	putOlder(kind: Kind, jobId: string, frame: string): void {
		if (!this.#pending.has(`${kind} ${jobId}`)) this.put(kind, jobId, frame);
	}

	/** Drops an event that still waits. */
	drop(kind: Kind, jobId: string): void {
		this.#pending.delete(`${kind} ${jobId}`);
	}

	/** @param time when the client's state was read: what ends later it is told when it comes back. */
	begin(time: number): void {
		this.#begun = true;
		this.#write(timeFrame(time));
		this.#flush();
	}

	/** Shows that the connection lives, unless events wait anyway, and ends it where its client is signed in no more. */
	beat(): void {
		void this.#isWelcome().then((isWelcome) => isWelcome || this.#response.destroy());
		if (this.#begun && !this.#stalled) this.#write(timeFrame());
	}

	/** Ends the stream; the client comes back after so long. */
	end(retryMs: number): void {
		if (this.#stalled) this.#response.destroy();
		else this.#response.end(`retry: ${retryMs}\n\n`);
	}

	#flush(): void {
		if (!this.#begun) return;
		for (const [subject, frame] of this.#pending) {
			if (this.#stalled) return;
			this.#pending.delete(subject);
			this.#write(frame);
		}
	}

	#write(frame: string): void {
		if (this.#response.destroyed || this.#response.write(frame)) return;
		this.#stalled = setTimeout(() => this.#response.destroy(), this.#stallMs);
	}
}
