/** A request that is not answered for so long is told of. */
const PATIENCE = 1500;

/** Whether the service lets the page wait for an answer. */
class Waiting {
	#late = $state(0);

	get long(): boolean {
		return this.#late > 0;
	}

	/** Waits with a request, until it is answered or has failed. */
	async for<Answer>(request: Promise<Answer>): Promise<Answer> {
		let late = false;
		const timer = setTimeout(() => {
			late = true;
			this.#late++;
		}, PATIENCE);
		try {
			return await request;
		} finally {
			clearTimeout(timer);
			if (late) this.#late--;
		}
	}
}

export const waiting = new Waiting();
