import type { BuiltGraph } from "./graph.ts";
import { Session, type SessionOptions } from "./session.ts";

/** A model that is loaded when it is first used, and again after a release. */
export class LazySession implements AsyncDisposable {
	readonly #build: () => BuiltGraph;
	readonly #options: Omit<SessionOptions, "signal">;
	#session: Promise<Session> | undefined;
	/** Tasks under way, which a release lets end. */
	readonly #tasks = new Set<Promise<unknown>>();

	constructor(build: () => BuiltGraph, options: Omit<SessionOptions, "signal"> = {}) {
		this.#build = build;
		this.#options = options;
	}

	/** Runs `task` with the session, which stays until it ends. It is loaded once for all that wait for it, so none of them can cancel that. */
	async use<T>(task: (session: Session) => Promise<T>): Promise<T> {
		this.#session ??= this.#load();
		const running = this.#session.then(task);
		this.#tasks.add(running);
		try {
			return await running;
		} finally {
			this.#tasks.delete(running);
		}
	}

	/** Frees the model's memory once the tasks under way have ended. */
	async release(): Promise<void> {
		const session = this.#session;
		this.#session = undefined;
		await Promise.allSettled(this.#tasks);
		// A load that failed was told to those who waited for it.
		await (await session?.catch(() => undefined))?.release();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}

	async #load(): Promise<Session> {
		try {
			return await Session.create(this.#build(), this.#options);
		} catch (error) {
			this.#session = undefined;
			throw error;
		}
	}
}
