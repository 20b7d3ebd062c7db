import { isObject } from "@drum/tensor";
import type { Loras } from "./lora/loras.ts";
import type { GenerateOptions } from "./options.ts";
import { inTurn } from "./progress.ts";
import { openPictures } from "./start/open-pictures.ts";

/** Calls that read their pictures before they wait for their turn: what a call finds when it is made, it is drawn with. */
export class PreparedCalls {
	readonly #loras: Loras;
	readonly #underway = new Set<Promise<GenerateOptions>>();

	constructor(loras: Loras) {
		this.#loras = loras;
	}

	/** A call's options with its pictures read, and with its LoRAs, whichever come or go until it is drawn. */
	prepare(options: GenerateOptions): Promise<GenerateOptions> {
		const prepared = this.#prepare(options);
		this.#underway.add(prepared);
		const done = () => this.#underway.delete(prepared);
		prepared.then(done, done);
		return prepared;
	}

	async #prepare(options: GenerateOptions): Promise<GenerateOptions> {
		// What is no object is refused where options are checked.
		const isThere: boolean = isObject(options);
		return isThere ? openPictures({ ...options, loras: this.#loras.hold(options.loras) }) : options;
	}

	/** Changes the models when all calls that were made before have been drawn. */
	async between<T>(change: () => Promise<T>, { signal }: Pick<GenerateOptions, "signal"> = {}): Promise<T> {
		await Promise.allSettled(this.#underway);
		return inTurn({ signal }, change);
	}
}
