/** Work done once for all that wait for it. Each may leave, and it is cancelled when none of them is left. */
export class SharedTask<T> {
	readonly result: Promise<T>;
	readonly #control = new AbortController();
	#waiting = 0;

	constructor(start: (signal: AbortSignal) => Promise<T>) {
		this.result = start(this.#control.signal);
		// Told to those who wait; it is no one's fault where none does.
		this.result.catch(() => undefined);
	}

	get cancelled(): boolean {
		return this.#control.signal.aborted;
	}

	/** @throws the signal's reason as soon as it fires from now on, whether or not the work goes on for others. */
	async wait(signal?: AbortSignal): Promise<T> {
		this.#waiting++;
		const left = Promise.withResolvers<never>();
		const leave = () => {
			if (--this.#waiting === 0) this.#control.abort(signal!.reason);
			left.reject(signal!.reason);
		};
		signal?.addEventListener("abort", leave, { once: true });
		try {
			return await Promise.race([this.result, left.promise]);
		} finally {
			signal?.removeEventListener("abort", leave);
		}
	}
}
