import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { FastifyBaseLogger } from "fastify";
import type { Job } from "../../api/index.ts";
import { HISTORIES_CHANNEL, JOBS_CHANNEL } from "../../store/channels.ts";
import { type FollowedJob, readFollowed, readQueued, readUnended, unendedIds } from "../../store/jobs.ts";
import type { Store } from "../../store/open-store.ts";
import { frame } from "./frames.ts";
import { JobWaiters } from "./job-waiters.ts";
import { Reader } from "./reader.ts";

export interface EventHubOptions {
	log: Pick<FastifyBaseLogger, "warn">;
	/** Called once for each job that ends while the hub is open. */
	onEnded: (job: Job) => void;
	heartbeatMs?: number | undefined;
	/** A client that takes nothing for so long is cut off. */
	stallMs?: number | undefined;
}

export interface Followed {
	/** One job of the user; all, when left out. */
	jobId?: string | undefined;
	/** Of all: also those that have ended since. */
	endedSince?: Date | undefined;
	/** Asked now and then: whether the client is signed in still. */
	isWelcome?: (() => Promise<boolean>) | undefined;
}

/** A job is read, and its readers are told, at most so often. */
const PACE_MS = 100;
/** A client comes back after so long, and up to five times as long when all do. */
const RETRY_MS = 1000;
/** Queued jobs move up when others end; their readers are told at most so often. */
const QUEUE_PACE_MS = 1000;

/** Reads each change of a job once, and tells all who follow it. */
export class EventHub {
	readonly #store: Store;
	readonly #options: EventHubOptions;
	readonly #readers = new Map<string, Set<Reader>>();
	/** Jobs that are being read, and whether they have changed again meanwhile. */
	readonly #reading = new Map<string, { again: boolean }>();
	/** Jobs that had not ended when they were last read: what of each was told last. */
	readonly #unended = new Map<string, { version: number; preview?: string | undefined }>();
	readonly #waiters = new JobWaiters();
	readonly #beats: NodeJS.Timeout;
	#queueMoved = false;
	#closed = false;
	#unlisten: (() => Promise<void>)[] = [];

	private constructor(store: Store, options: EventHubOptions) {
		this.#store = store;
		this.#options = options;
		this.#beats = setInterval(() => {
			for (const reader of this.#all()) reader.beat();
		}, options.heartbeatMs ?? 15_000);
		this.#beats.unref();
	}

	static async open(store: Store, options: EventHubOptions): Promise<EventHub> {
		const hub = new EventHub(store, options);
		const onGap = () => void hub.#catchUp();
		hub.#unlisten.push(
			await store.listen(JOBS_CHANNEL, (payload) => hub.#heard(payload), onGap),
			await store.listen(
				HISTORIES_CHANNEL,
				(payload) => hub.#historyChanged(payload),
				() => hub.#historiesMissed(),
			),
		);
		for (const id of await unendedIds(store)) hub.#unended.set(id, { version: 0 });
		return hub;
	}

	/** How many clients follow. */
	get size(): number {
		return this.#all().length;
	}

	/** How many clients of a user follow. */
	sizeOf(userId: string): number {
		return this.#readers.get(userId)?.size ?? 0;
	}

	/**
	 * Adds a client, of one job or of all the user's: first come the jobs that have not ended, and those that ended since, or the
	 * one asked for; then whatever changes.
	 */
	async follow(userId: string, response: ServerResponse, { jobId, endedSince, isWelcome }: Followed): Promise<void> {
		// It may have gone while its request was checked.
		if (response.destroyed || response.closed) return;
		const reader = new Reader(response, { jobId, isWelcome, stallMs: this.#options.stallMs ?? 60_000 });
		const readers = this.#readers.get(userId) ?? new Set();
		this.#readers.set(userId, readers.add(reader));
		response.on("close", () => {
			readers.delete(reader);
			if (readers.size === 0 && this.#readers.get(userId) === readers) this.#readers.delete(userId);
		});
		// The reader is there already: a change that comes while this is read is not missed.
		try {
			await this.#catchReaderUp(reader, userId, { jobId, endedSince });
		} catch (error) {
			// The client comes back by itself.
			response.destroy();
			throw error;
		}
		if (this.#closed) reader.end(RETRY_MS);
	}

	/** Settles when the job is heard to have ended or to be gone, or when the signal aborts. */
	whenEnded(jobId: string, signal: AbortSignal): Promise<void> {
		return this.#waiters.wait(jobId, signal);
	}

	/** Ends all streams, at the clients to come back at different times. */
	async close(): Promise<void> {
		this.#closed = true;
		clearInterval(this.#beats);
		for (const reader of this.#all()) reader.end(RETRY_MS + Math.round(4 * RETRY_MS * Math.random()));
		for (const unlisten of this.#unlisten) await unlisten();
	}

	/** Gives a new client what was before its time. */
	async #catchReaderUp(reader: Reader, userId: string, { jobId, endedSince }: Followed): Promise<void> {
		const time = Date.now();
		const one = jobId === undefined ? undefined : await readFollowed(this.#store, jobId);
		const known = one ? [one] : await readUnended(this.#store, userId, { endedSince });
		for (const { job, preview } of known) {
			reader.putOlder("job", job.id, frame("job", job));
			if (preview) reader.putOlder("preview", job.id, frame("preview", preview));
		}
		reader.begin(time);
	}

	#all(): Reader[] {
		return [...this.#readers.values()].flatMap((readers) => [...readers]);
	}

	#heard(payload: string): void {
		const [id, deletedOf] = payload.split(" ");
		if (!id) return;
		if (deletedOf === undefined) void this.#changed(id);
		else {
			this.#tell("job", { userId: deletedOf, jobId: id }, frame("deleted", { jobId: id }));
			this.#forget(id);
		}
	}

	#historyChanged(payload: string): void {
		const [historyId, userId] = payload.split(" ");
		if (!historyId || userId === undefined) return;
		for (const reader of this.#readers.get(userId) ?? [])
			reader.put("history", historyId, frame("history", { historyId }));
	}

	/** After a time in which changes were not heard, any history may have changed. */
	#historiesMissed(): void {
		for (const reader of this.#all()) reader.put("history", "any", frame("history", {}));
	}

	async #changed(id: string): Promise<void> {
		const reading = this.#reading.get(id);
		if (reading) {
			reading.again = true;
			return;
		}
		const own = { again: true };
		this.#reading.set(id, own);
		/** Changes of one moment are each told of, and read as one. */
		let ended: number | undefined;
		while (own.again && !this.#closed) {
			own.again = false;
			const pace = pause(PACE_MS, undefined, { ref: false });
			try {
				const followed = await readFollowed(this.#store, id);
				if (!followed) this.#forget(id);
				else if (followed.job.version !== ended) {
					this.#show(followed);
					if (followed.job.endedAt !== undefined) ended = followed.job.version;
				}
			} catch (error) {
				own.again = true;
				if (!this.#closed) this.#options.log.warn({ err: error, jobId: id }, "a changed job could not be read");
				await pause(1000, undefined, { ref: false });
			}
			await pace;
		}
		this.#reading.delete(id);
	}

	/** The job is gone. */
	#forget(id: string): void {
		this.#unended.delete(id);
		this.#waiters.wake(id);
	}

	#show({ userId, job, preview }: FollowedJob): void {
		const whose = { userId, jobId: job.id };
		this.#tell("job", whose, frame("job", job));
		if (job.status === "queued" || job.status === "running") {
			const shown = preview && `${preview.place} ${preview.step}`;
			if (preview && shown !== this.#unended.get(job.id)?.preview)
				this.#tell("preview", whose, frame("preview", preview));
			this.#unended.set(job.id, { version: job.version, preview: shown });
			return;
		}
		this.#waiters.wake(job.id);
		for (const reader of this.#readers.get(userId) ?? []) reader.drop("preview", job.id);
		if (!this.#unended.delete(job.id)) return;
		this.#options.onEnded(job);
		void this.#moveQueue();
	}

	/** Tells the readers of queued jobs how many are before theirs now. */
	async #moveQueue(): Promise<void> {
		if (this.#queueMoved) return;
		this.#queueMoved = true;
		await pause(QUEUE_PACE_MS, undefined, { ref: false });
		this.#queueMoved = false;
		const users = [...this.#readers.keys()];
		if (this.#closed || users.length === 0) return;
		try {
			for (const { userId, job } of await readQueued(this.#store, users)) {
				// It may have been read again, newer, in the meantime.
				if (job.version < (this.#unended.get(job.id)?.version ?? Number.POSITIVE_INFINITY)) continue;
				this.#tell("job", { userId, jobId: job.id }, frame("job", job));
			}
		} catch (error) {
			if (!this.#closed) this.#options.log.warn({ err: error }, "the queue could not be read");
		}
	}

	/** After a time in which changes were not heard: whatever may have changed is read again. */
	async #catchUp(): Promise<void> {
		try {
			for (const id of new Set([...this.#unended.keys(), ...(await unendedIds(this.#store))])) void this.#changed(id);
		} catch (error) {
			this.#options.log.warn({ err: error }, "jobs could not be read after a gap");
			await pause(1000, undefined, { ref: false });
			if (!this.#closed) await this.#catchUp();
		}
	}

	#tell(kind: "job" | "preview", { userId, jobId }: { userId: string; jobId: string }, text: string): void {
		for (const reader of this.#readers.get(userId) ?? []) reader.put(kind, jobId, text);
	}
}
