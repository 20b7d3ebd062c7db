import { loadSampler } from "@drum/diffusion";
import { loadPromptReader } from "@drum/peca";
import { DrumError, isObject, loadPart, nextTurn } from "@drum/tensor";
import { cachePlanning } from "./cache-planning.ts";
import type { Loras } from "./lora/loras.ts";
import type { GenerateOptions } from "./options.ts";
import { inTurn } from "./progress.ts";

/** Calls that read their pictures before they wait for their turn: what a call finds when it is made, it is drawn with. */
export class PreparedCalls {
	readonly #loras: Loras;
	readonly #schedulerConfig: unknown;
	readonly #underway = new Set<Promise<GenerateOptions>>();

	constructor(loras: Loras, schedulerConfig: unknown) {
		this.#loras = loras;
		this.#schedulerConfig = schedulerConfig;
	}

	/** A call's options with its pictures read, and with its LoRAs, even if some come or go until it is drawn. */
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
		if (!isThere) return options;
		const held = { ...options, loras: this.#loras.hold(options.loras) };
		// Nor is a name that no sampler has told here.
		await loadSampler(this.#schedulerConfig, options.scheduler).catch((error: unknown) => {
			if (!DrumError.is(error)) throw error;
		});
		await loadPromptReader(options.promptSyntax);
		if (options.cache !== undefined) await cachePlanning();
		if (options.image === undefined && options.mask === undefined) return held;
		const { openPictures } = await loadPart(() => import("./start/open-pictures.ts"));
		return openPictures(held);
	}

	/** Changes the models when all calls that were made before have been drawn. */
	async between<T>(change: () => Promise<T>, { signal }: Pick<GenerateOptions, "signal"> = {}): Promise<T> {
		await Promise.allSettled(this.#underway);
		// What they still do before they wait for their turn takes no longer.
		await nextTurn();
		return inTurn({ signal }, change);
	}
}
