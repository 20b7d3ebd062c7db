import { checkDevice } from "./check-device.ts";
import { isProcessor } from "./device.ts";
import type { BuiltGraph } from "./graph.ts";
import { type LoraLayers, loraKey } from "./lora/lora-layers.ts";
import type { AdaptedRunOptions } from "./lora/lora-models.ts";
import { Session, type SessionOptions } from "./session.ts";
import { SharedTask } from "./shared-task.ts";

type LazyBuild = (signal: AbortSignal, loras: readonly LoraLayers[]) => BuiltGraph | Promise<BuiltGraph>;

/** A model that is loaded when it is first used, and again after a release or for other LoRAs: one set of weights is in memory at a time. */
export class LazySession implements AsyncDisposable {
	readonly #build: LazyBuild;
	readonly #options: Omit<SessionOptions, "signal">;
	#loading: SharedTask<Session> | undefined;
	/** The LoRAs that it is loaded for. */
	#loras = "";
	/** What was loaded last. */
	#session: Session | undefined;
	/** Tasks under way, which a release lets end. */
	readonly #tasks = new Set<Promise<unknown>>();

	/** `build` is called with each loading; its signal fires when nobody waits for that any more. */
	constructor(build: LazyBuild, options: Omit<SessionOptions, "signal"> = {}) {
		this.#build = build;
		this.#options = options;
	}

	/**
	 * Runs `task` with the session, which stays until it ends. It is loaded once for all that wait for it: `signal` ends the
	 * waiting, and the loading when nobody else waits.
	 */
	async use<T>(task: (session: Session) => Promise<T>, { signal, loras = [] }: AdaptedRunOptions = {}): Promise<T> {
		signal?.throwIfAborted();
		const wanted = loraKey(loras);
		const isThere = this.#loading && !this.#loading.cancelled && !this.#session?.lost && this.#loras === wanted;
		if (!this.#loading || !isThere) this.#loading = this.#load(loras.map(({ layers }) => layers));
		this.#loras = wanted;
		const running = this.#loading.wait(signal).then(task);
		this.#tasks.add(running);
		try {
			return await running;
		} finally {
			this.#tasks.delete(running);
		}
	}

	/** Frees the model's memory once the tasks under way have ended. */
	async release(): Promise<void> {
		const loading = this.#loading;
		this.#loading = undefined;
		await Promise.allSettled(this.#tasks);
		// Those who waited for a load that failed have its error.
		await (await loading?.result.catch(() => undefined))?.release();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}

	/** What was loaded before goes first, once its tasks have ended and its memory is free. */
	#load(loras: readonly LoraLayers[]): SharedTask<Session> {
		const before = this.#loading;
		const tasks = [...this.#tasks];
		const loading = new SharedTask(async (signal) => {
			this.#session = undefined;
			if (before) {
				const old = await before.result.catch(() => undefined);
				await Promise.allSettled(tasks);
				await old?.release();
			}
			signal.throwIfAborted();
			// First, because the precision of a graph is what the device's trial found.
			const { device = "cpu" } = this.#options;
			if (!isProcessor(device)) await checkDevice(device);
			this.#session = await Session.create(await this.#build(signal, loras), { ...this.#options, signal });
			return this.#session;
		});
		loading.result.catch(() => {
			if (this.#loading === loading) this.#loading = undefined;
		});
		return loading;
	}
}
