import { TurnScope } from "./turn-scope.ts";

export interface TurnOptions {
	/** Who makes the call. Callers take turns. Default: all calls without one belong to the same caller. */
	caller?: string | undefined;
	/** Called when the call must wait, and each time its place changes, with the number of calls before it, including the current one. */
	onPlace?: ((place: number) => void) | undefined;
	/** Ends waiting for the turn. A task that runs already must check the signal itself. */
	signal?: AbortSignal | undefined;
}

interface Waiting {
	readonly caller: string;
	readonly onPlace: ((place: number) => void) | undefined;
	readonly begin: () => void;
	/** Ends waiting with an error. */
	readonly leave: (reason: unknown) => void;
	place: number;
}

/** A turn that has begun. Calls from inside it do not wait. */
interface Turn {
	ended: boolean;
}

/**
 * Runs long tasks one after another. In parallel on one processor, ten tasks would all end when the last one does. One after another, the
 * first ends after a tenth of that time, and the mean wait is half as long. A browser cannot tell a call within a turn from another call,
 * so tasks begin at once there: a page has one user.
 */
export class Turns {
	readonly #scope = new TurnScope<Turn>();
	/** In the order of their calls. */
	readonly #waiting: Waiting[] = [];
	/** When each caller had the last turn: the longest ago is next. */
	readonly #served = new Map<string, number>();
	#turns = 0;
	#running = false;

	/**
	 * Waits for a turn and then runs `task`. Callers take turns, and the calls of one caller keep their order. A call from within a turn,
	 * such as from a callback that draws too, runs at once, because it would wait for itself.
	 * @throws the signal's reason, if it fires while the call waits; what `onPlace` and `task` throw.
	 */
	async take<T>({ caller = "", onPlace, signal }: TurnOptions, task: () => Promise<T>): Promise<T> {
		signal?.throwIfAborted();
		if (!this.#scope.knows || this.#scope.current?.ended === false) return task();
		if (this.#running) await this.#wait(caller, onPlace, signal);
		this.#running = true;
		this.#served.delete(caller);
		this.#served.set(caller, ++this.#turns);
		const turn: Turn = { ended: false };
		try {
			return await this.#scope.run(turn, task);
		} finally {
			turn.ended = true;
			this.#next();
		}
	}

	#wait(caller: string, onPlace: Waiting["onPlace"], signal: AbortSignal | undefined): Promise<void> {
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		const cancel = () => leave(signal!.reason);
		const begin = () => {
			signal?.removeEventListener("abort", cancel);
			this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
			resolve();
		};
		const leave = (reason: unknown) => {
			signal?.removeEventListener("abort", cancel);
			this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
			reject(reason);
			this.#tellPlaces();
		};
		const waiting: Waiting = { caller, onPlace, begin, leave, place: 0 };
		this.#waiting.push(waiting);
		signal?.addEventListener("abort", cancel, { once: true });
		this.#tellPlaces();
		return promise;
	}

	/** `#running` stays set for the next call, so that a new call cannot overtake it. */
	#next(): void {
		const next = this.#order()[0];
		if (!next) {
			this.#running = false;
			this.#served.clear();
			return;
		}
		next.begin();
		this.#tellPlaces();
	}

	/** All waiting calls, in the order in which they will run if there are no new ones. */
	#order(): Waiting[] {
		const queues = new Map<string, Waiting[]>();
		for (const waiting of this.#waiting) {
			const queue = queues.get(waiting.caller) ?? [];
			queues.set(waiting.caller, queue);
			queue.push(waiting);
		}
		const served = (caller: string) => this.#served.get(caller) ?? 0;
		// Stable: among callers without a turn so far, the one that came first.
		const callers = [...queues.keys()].sort((a, b) => served(a) - served(b));
		const rounds = Math.max(0, ...[...queues.values()].map((queue) => queue.length));
		return Array.from({ length: rounds }, (_, round) =>
			callers.flatMap((caller) => queues.get(caller)![round] ?? []),
		).flat();
	}

	#tellPlaces(): void {
		for (const [i, waiting] of this.#order().entries()) {
			const place = i + 1;
			if (waiting.place === place) continue;
			waiting.place = place;
			try {
				waiting.onPlace?.(place);
			} catch (error) {
				// The caller's own callback failed, which only ends its own call. `leave` reports the new places to the others.
				waiting.leave(error);
				return;
			}
		}
	}
}
