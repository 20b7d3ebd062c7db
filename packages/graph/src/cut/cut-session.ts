import { checkDevice } from "../check-device.ts";
import { isProcessor } from "../device.ts";
import { type LoraLayers, loraKey } from "../lora/lora-layers.ts";
import type { AdaptedRunOptions } from "../lora/lora-models.ts";
import { Session, type SessionOptions } from "../session.ts";
import type { CutGraph } from "./cut-graph.ts";

export type CutSessions = { readonly [part in "beginning" | "middle" | "end"]: Session } & Pick<CutGraph, "crossing">;

/** Builds a network cut in three over the LoRAs given. */
export type CutBuild = (signal: AbortSignal | undefined, loras: readonly LoraLayers[]) => Promise<CutGraph>;

/** A network cut in three. The sessions of the last build are kept; another releases them first, so that the weights are in memory once. */
export class CutSession implements AsyncDisposable {
	readonly #options: Omit<SessionOptions, "signal">;
	#made = "";
	#sessions: CutSessions | undefined;
	#queue: Promise<unknown> = Promise.resolve();

	constructor(options: Omit<SessionOptions, "signal"> = {}) {
		this.#options = options;
	}

	/**
	 * Runs `task` with the sessions, which stay until it ends; tasks run one after another.
	 * @param key equal for what builds the same
	 */
	use<T>(
		key: string,
		build: CutBuild,
		task: (sessions: CutSessions) => Promise<T>,
		options: AdaptedRunOptions = {},
	): Promise<T> {
		return this.#next(async () => task(await this.#loaded(key, build, options)));
	}

	/** Frees the network's memory once the tasks asked for have ended; a later one loads it again. */
	release(): Promise<void> {
		return this.#next(() => this.#drop());
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}

	async #loaded(key: string, build: CutBuild, { signal, loras = [] }: AdaptedRunOptions): Promise<CutSessions> {
		signal?.throwIfAborted();
		const wanted = `${key} ${loraKey(loras)}`;
		if (this.#sessions && !this.#sessions.end.lost && this.#made === wanted) return this.#sessions;
		await this.#drop();
		// First, because the precision of a graph is what the device's trial found.
		const { device = "cpu" } = this.#options;
		if (!isProcessor(device)) await checkDevice(device);
		const layers = loras.map((lora) => lora.layers);
		this.#sessions = await createAll(await build(signal, layers), { ...this.#options, signal });
		this.#made = wanted;
		return this.#sessions;
	}

	async #drop(): Promise<void> {
		if (!this.#sessions) return;
		const { beginning, middle, end } = this.#sessions;
		this.#sessions = undefined;
		await Promise.all([beginning, middle, end].map((session) => session.release()));
	}

	/** One at a time: a session must not be released while a run of it waits. */
	#next<T>(task: () => Promise<T>): Promise<T> {
		const result = this.#queue.then(task);
		this.#queue = result.catch(() => undefined);
		return result;
	}
}

/** Where one part cannot be loaded, those before it do not stay. */
async function createAll(graph: CutGraph, options: SessionOptions): Promise<CutSessions> {
	const made: Session[] = [];
	try {
		for (const part of ["beginning", "middle", "end"] as const) made.push(await Session.create(graph[part], options));
	} catch (cause) {
		await Promise.all(made.map((session) => session.release()));
		throw cause;
	}
	const [beginning, middle, end] = made as [Session, Session, Session];
	return { beginning, middle, end, crossing: graph.crossing };
}
