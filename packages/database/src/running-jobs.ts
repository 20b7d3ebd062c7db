/** A try of a job: pg-boss counts them, so that one that was given up cannot end the next. */
export interface Attempt {
	readonly id: string;
	readonly retryCount: number;
}

/** The jobs that this worker has begun and not ended. */
export class RunningJobs {
	readonly #running = new Map<Attempt, { aborting: AbortController; ended: Promise<void> }>();

	get attempts(): Attempt[] {
		return [...this.#running.keys()];
	}

	/** Does one; its signal aborts with the one given, or by `abort`. */
	async run(attempt: Attempt, signal: AbortSignal, handler: (signal: AbortSignal) => Promise<void>): Promise<void> {
		const aborting = new AbortController();
		const { promise: ended, resolve } = Promise.withResolvers<void>();
		this.#running.set(attempt, { aborting, ended });
		try {
			await handler(AbortSignal.any([signal, aborting.signal]));
		} finally {
			this.#running.delete(attempt);
			resolve();
		}
	}

	/** Aborts the job of this id, or all. */
	abort(reason: string, id?: string): void {
		for (const [attempt, { aborting }] of this.#running)
			if (id === undefined || attempt.id === id) aborting.abort(new DOMException(reason, "AbortError"));
	}

	async ended(): Promise<void> {
		await Promise.all(Array.from(this.#running.values(), ({ ended }) => ended));
	}
}
