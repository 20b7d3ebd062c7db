import type { Tensor } from "@drum/tensor";
import { checkDevice } from "./check-device.ts";
import type { BuiltGraph } from "./graph.ts";
import { type RunOptions, Session, type SessionOptions } from "./session.ts";

type SizedBuild = (height: number, width: number, signal: AbortSignal | undefined) => BuiltGraph | Promise<BuiltGraph>;

/**
 * A model whose graph is built for one picture size at a time, because known extents run faster. The session of the last
 * size is kept; another size releases it first, so that the weights are in memory once.
 */
export class SizedSession implements AsyncDisposable {
	readonly #build: SizedBuild;
	readonly #options: SessionOptions;
	#size = "";
	#session: Session | undefined;
	#queue: Promise<unknown> = Promise.resolve();

	constructor(build: SizedBuild, options: SessionOptions = {}) {
		this.#build = build;
		this.#options = options;
	}

	/** Makes the session for a size, so that the first run does not wait for it. */
	prepare(height: number, width: number, { signal }: RunOptions = {}): Promise<void> {
		return this.#next(async () => {
			await this.#sized(height, width, signal);
		});
	}

	run(
		height: number,
		width: number,
		feeds: Readonly<Record<string, Tensor>>,
		options: RunOptions = {},
	): Promise<Record<string, Tensor<"float32">>> {
		return this.#next(async () => (await this.#sized(height, width, options.signal)).run(feeds, options));
	}

	/** Frees the model's memory once the runs asked for have ended; a later run loads it again. */
	release(): Promise<void> {
		return this.#next(() => this.#drop());
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}

	async #sized(height: number, width: number, signal: AbortSignal | undefined): Promise<Session> {
		signal?.throwIfAborted();
		const size = `${height}×${width}`;
		if (this.#session && !this.#session.lost && this.#size === size) return this.#session;
		await this.#drop();
		// First, because the precision of a graph is what the device's trial found.
		const { device = "cpu" } = this.#options;
		if (device !== "cpu") await checkDevice(device);
		const graph = await this.#build(height, width, signal);
		this.#session = await Session.create(graph, { ...this.#options, signal });
		this.#size = size;
		return this.#session;
	}

	async #drop(): Promise<void> {
		const session = this.#session;
		this.#session = undefined;
		await session?.release();
	}

	/** One at a time: a size must not be released while a run of it waits. */
	#next<T>(task: () => Promise<T>): Promise<T> {
		const result = this.#queue.then(task);
		this.#queue = result.catch(() => undefined);
		return result;
	}
}
