import { AsyncLocalStorage } from "node:async_hooks";

/** Knows inside which turn a call is made. */
export class TurnScope<T> {
	/** Whether this platform can know. */
	readonly knows = true;
	readonly #within = new AsyncLocalStorage<T>();

	get current(): T | undefined {
		return this.#within.getStore();
	}

	run<R>(turn: T, task: () => Promise<R>): Promise<R> {
		return this.#within.run(turn, task);
	}
}
