/** Who waits for jobs to end. */
export class JobWaiters {
	readonly #waiting = new Map<string, Set<() => void>>();

	/** Settles when the job is told to have ended, or when the signal aborts. */
	wait(jobId: string, signal: AbortSignal): Promise<void> {
		return new Promise((resolve) => {
			const all = this.#waiting.get(jobId) ?? new Set();
			const wake = () => {
				signal.removeEventListener("abort", wake);
				all.delete(wake);
				if (all.size === 0 && this.#waiting.get(jobId) === all) this.#waiting.delete(jobId);
				resolve();
			};
			this.#waiting.set(jobId, all.add(wake));
			signal.addEventListener("abort", wake);
			if (signal.aborted) wake();
		});
	}

	/** The job has ended, or is gone. */
	wake(jobId: string): void {
		for (const wake of this.#waiting.get(jobId) ?? []) wake();
	}
}
