interface Slot<Model> {
	users: number;
	/** The model; undefined until one of its users opened it. */
	model: Promise<Model> | undefined;
	/** Ends when there is memory for it. */
	room: Promise<void>;
}

/** Models that are in memory, at most `keep` of them: one more is let in when one that nobody uses has been freed. */
export class HeldModels<Model> {
	readonly #keep: number;
	readonly #release: (model: Model) => Promise<void>;
	/** The one used longest ago comes first. */
	readonly #slots = new Map<string, Slot<Model>>();
	#waiting: (() => void)[] = [];

	constructor(keep: number, release: (model: Model) => Promise<void>) {
		this.#keep = keep;
		this.#release = release;
	}

	/** Runs `task` with the model of that id, which `open` makes unless it is there. */
	async use<T>(
		id: string,
		signal: AbortSignal,
		open: () => Promise<Model>,
		task: (model: Model) => Promise<T>,
	): Promise<T> {
		const slot = await this.#enter(id, signal);
		try {
			await slot.room;
			return await task(await this.#opened(slot, signal, open));
		} finally {
			slot.users--;
			for (const wake of this.#waiting.splice(0)) wake();
		}
	}

	/** Frees all of them, once they are not used any more. */
	async clear(): Promise<void> {
		while (this.#slots.size > 0) {
			const idle = this.#idle();
			if (idle) await this.#free(idle);
			else await this.#change();
		}
	}

	async #enter(id: string, signal: AbortSignal): Promise<Slot<Model>> {
		for (;;) {
			signal.throwIfAborted();
			const known = this.#slots.get(id);
			const idle = this.#slots.size < this.#keep ? undefined : this.#idle();
			if (known || idle || this.#slots.size < this.#keep) {
				const slot = known ?? { users: 0, model: undefined, room: idle ? this.#free(idle) : Promise.resolve() };
				slot.users++;
				// Taken out and put back, it is the one used last.
				this.#slots.delete(id);
				this.#slots.set(id, slot);
				return slot;
			}
			await this.#change();
		}
	}

	/** Where another user's opening failed, perhaps because that one was stopped, it is tried once more. */
	async #opened(slot: Slot<Model>, signal: AbortSignal, open: () => Promise<Model>): Promise<Model> {
		for (let opening = slot.model; opening; opening = slot.model) {
			const model = await opening.catch(() => undefined);
			if (model) return model;
			signal.throwIfAborted();
			if (slot.model === opening) slot.model = undefined;
		}
		slot.model = open();
		return slot.model;
	}

	#idle(): string | undefined {
		return [...this.#slots].find(([, { users }]) => users === 0)?.[0];
	}

	async #free(id: string): Promise<void> {
		const { model } = this.#slots.get(id)!;
		this.#slots.delete(id);
		const opened = await model?.catch(() => undefined);
		if (opened) await this.#release(opened);
	}

	#change(): Promise<void> {
		return new Promise((resolve) => this.#waiting.push(resolve));
	}
}
