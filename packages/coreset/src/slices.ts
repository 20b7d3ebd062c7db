import { nextTurn } from "@drum/tensor";

/** Milliseconds of work between two turns of the event loop. */
const SLICE = 8;

/** Cuts long work into slices, so that timers, frames and input are not delayed, and a call can be cancelled. */
export class Slices {
	readonly #signal: AbortSignal | undefined;
	#end: number;

	constructor(signal: AbortSignal | undefined) {
		signal?.throwIfAborted();
		this.#signal = signal;
		this.#end = performance.now() + SLICE;
	}

	/** Whether the slice is over. If so, await `next`. */
	get over(): boolean {
		return performance.now() >= this.#end;
	}

	/** Lets the event loop turn once. Throws the signal's reason if it was aborted. */
	async next(): Promise<void> {
		await nextTurn();
		this.#signal?.throwIfAborted();
		this.#end = performance.now() + SLICE;
	}
}
