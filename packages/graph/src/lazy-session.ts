import { checkDevice } from "./check-device.ts";
import type { BuiltGraph } from "./graph.ts";
import { type RunOptions, Session, type SessionOptions } from "./session.ts";
import { SharedTask } from "./shared-task.ts";

/** A model that is loaded when it is first used, and again after a release. */
export class LazySession implements AsyncDisposable {
	readonly #build: (signal: AbortSignal) => BuiltGraph | Promise<BuiltGraph>;
	readonly #options: Omit<SessionOptions, "signal">;
	#loading: SharedTask<Session> | undefined;
	/** What was loaded last. */
	#session: Session | undefined;
	/** Tasks under way, which a release lets end. */
	readonly #tasks = new Set<Promise<unknown>>();

	/** `build` is called with each loading; its signal fires when nobody waits for that any more. */
	constructor(
		build: (signal: AbortSignal) => BuiltGraph | Promise<BuiltGraph>,
		options: Omit<SessionOptions, "signal"> = {},
	) {
		this.#build = build;
		this.#options = options;
	}

	/**
	 * Runs `task` with the session, which stays until it ends. It is loaded once for all that wait for it: `signal` ends the
	 * waiting, and the loading when nobody else waits.
	 */
	async use<T>(task: (session: Session) => Promise<T>, { signal }: RunOptions = {}): Promise<T> {
		signal?.throwIfAborted();
		if (!this.#loading || this.#loading.cancelled || this.#session?.lost) this.#loading = this.#load(this.#loading);
		const running = this.#loading.wait(signal).then(task);
		this.#tasks.add(running);
		try {
			return await running;
		} finally {
			this.#tasks.delete(running);
		}
	}

	/** Frees the model's memory once the tasks under way have ended. */
	async release(): Promise<void> {
		const loading = this.#loading;
		this.#loading = undefined;
		await Promise.allSettled(this.#tasks);
		// A load that failed was told to those who waited for it.
		await (await loading?.result.catch(() => undefined))?.release();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}

	/** A cancelled load ends when its weights' memory is free again: the next waits for that. */
	#load(cancelled: SharedTask<Session> | undefined): SharedTask<Session> {
		const loading = new SharedTask(async (signal) => {
			this.#session = undefined;
			if (cancelled) await cancelled.result.catch(() => undefined);
			signal.throwIfAborted();
			// First, because the precision of a graph is what the device's trial found.
			const { device = "cpu" } = this.#options;
			if (device !== "cpu") await checkDevice(device);
			this.#session = await Session.create(await this.#build(signal), { ...this.#options, signal });
			return this.#session;
		});
		loading.result.catch(() => {
			if (this.#loading === loading) this.#loading = undefined;
		});
		return loading;
	}
}
