import { pause } from "@drum/hub";

/** Lets requests pass one by one, evenly spaced. */
export class Pace {
	readonly #gap: number;
	/** When the next may pass, on the clock of `performance.now`. */
	#next = 0;

	constructor(perSecond: number) {
		this.#gap = 1000 / perSecond;
	}

	async turn(signal: AbortSignal | undefined): Promise<void> {
		const now = performance.now();
		const at = Math.max(now, this.#next);
		this.#next = at + this.#gap;
		if (at > now) await pause(at - now, signal);
	}

	/** Holds all that have no turn yet back, as a server asks one of them to wait. */
	hold(milliseconds: number): void {
		this.#next = Math.max(this.#next, performance.now() + milliseconds);
	}
}
