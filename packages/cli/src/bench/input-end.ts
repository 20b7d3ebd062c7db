import { Readable } from "node:stream";
import { EndWith, EXIT } from "../failure.ts";
import type { Surroundings } from "../surroundings.ts";

/** Interrupts when the input ends, as it does when the process that gives it asks for an end or has ended itself. */
export class InputEnd {
	readonly #input: Surroundings["stdin"];
	readonly #ending = new AbortController();

	constructor(input: Surroundings["stdin"]) {
		this.#input = input;
		void this.#read();
	}

	get signal(): AbortSignal {
		return this.#ending.signal;
	}

	async #read(): Promise<void> {
		try {
			for await (const _ of this.#input);
		} catch {
			// An input that is closed has ended too.
		}
		this.#ending.abort(new EndWith(EXIT.interrupted));
	}

	/** An input that is waited for keeps a process running. */
	[Symbol.dispose](): void {
		if (this.#input instanceof Readable) this.#input.destroy();
	}
}
