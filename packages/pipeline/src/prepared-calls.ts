import { loadSampler } from "@drum/diffusion";
import { loadPromptReader } from "@drum/peca";
import { DrumError, isObject, loadPart, nextTurn } from "@drum/tensor";
import { cachePlanning } from "./cache-planning.ts";
import type { Loras } from "./lora/loras.ts";
import type { GenerateOptions } from "./options.ts";
import { inTurn } from "./progress.ts";

/** Prepares calls before they wait for their turn, so that later changes of files or LoRAs have no effect on them. */
export class PreparedCalls {
	readonly #loras: Loras;
	readonly #schedulerConfig: unknown;
	readonly #underway = new Set<Promise<GenerateOptions>>();

	constructor(loras: Loras, schedulerConfig: unknown) {
		this.#loras = loras;
		this.#schedulerConfig = schedulerConfig;
	}

	/** A call's options with its pictures read and its LoRAs fixed. */
	prepare(options: GenerateOptions): Promise<GenerateOptions> {
		const prepared = this.#prepare(options);
		this.#underway.add(prepared);
		const done = () => this.#underway.delete(prepared);
		prepared.then(done, done);
		return prepared;
	}

	async #prepare(options: GenerateOptions): Promise<GenerateOptions> {
		// The check of options refuses a value that is not an object.
		const isThere: boolean = isObject(options);
		if (!isThere) return options;
		const held = { ...options, loras: this.#loras.hold(options.loras) };
		// It also refuses the name of an unknown sampler.
		await loadSampler(this.#schedulerConfig, options.scheduler).catch((error: unknown) => {
			if (!DrumError.is(error)) throw error;
		});
		await loadPromptReader(options.promptSyntax);
		if (options.cache !== undefined) await cachePlanning();
		if (options.image === undefined && options.mask === undefined) return held;
		const { openPictures } = await loadPart(() => import("./start/open-pictures.ts"));
		return openPictures(held);
	}

	/** Changes the models after all earlier calls have been drawn. */
	async between<T>(change: () => Promise<T>, { signal }: Pick<GenerateOptions, "signal"> = {}): Promise<T> {
		await Promise.allSettled(this.#underway);
		// By then, earlier calls have begun to wait for their turn.
		await nextTurn();
		return inTurn({ signal }, change);
	}
}
