/** Tells how long each part of a command took. */
export class Stopwatch {
	readonly #start = performance.now();
	readonly #laps: [string, number][] = [];
	#last = this.#start;

	/** Ends the part `name`, which began where the one before ended. */
	lap(name: string): void {
		const now = performance.now();
		this.#laps.push([name, now - this.#last]);
		this.#last = now;
	}

	/** Seconds of each part, and of all. */
	seconds(): Record<string, number> {
		const all = [...this.#laps, ["total", performance.now() - this.#start] as const];
		return Object.fromEntries(all.map(([name, time]) => [name, Math.round(time) / 1000]));
	}
}
