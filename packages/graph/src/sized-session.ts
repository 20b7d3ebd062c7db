import type { Tensor } from "@drum/tensor";
import { checkDevice } from "./check-device.ts";
import { isProcessor } from "./device.ts";
import type { BuiltGraph } from "./graph.ts";
import { type LoraLayers, loraFeeds, loraKey } from "./lora/lora-layers.ts";
import type { AdaptedRunOptions } from "./lora/lora-models.ts";
import { Session, type SessionOptions } from "./session.ts";

type SizedBuild = (
	height: number,
	width: number,
	signal: AbortSignal | undefined,
	loras: readonly LoraLayers[],
) => BuiltGraph | Promise<BuiltGraph>;

/**
 * A model whose graph is built for one picture size at a time, because known extents run faster, and for the LoRAs of a run. The
 * session of the last size and LoRAs is kept; others release it first, so that the weights are in memory once.
 */
export class SizedSession implements AsyncDisposable {
	readonly #build: SizedBuild;
	readonly #options: SessionOptions;
	#made = "";
	#session: Session | undefined;
	#queue: Promise<unknown> = Promise.resolve();

	constructor(build: SizedBuild, options: SessionOptions = {}) {
		this.#build = build;
		this.#options = options;
	}

	/** Makes the session for a size, so that the first run does not wait for it. */
	prepare(height: number, width: number, options: AdaptedRunOptions = {}): Promise<void> {
		return this.#next(async () => {
			await this.#sized(height, width, options);
		});
	}

	/** `feeds` are the graph's but for the LoRAs' scales. */
	run(
		height: number,
		width: number,
		feeds: Readonly<Record<string, Tensor>>,
		options: AdaptedRunOptions = {},
	): Promise<Record<string, Tensor<"float32">>> {
		return this.#next(async () => {
			const session = await this.#sized(height, width, options);
			return session.run({ ...feeds, ...loraFeeds(options.loras) }, { signal: options.signal });
		});
	}

	/** Frees the model's memory once the runs asked for have ended; a later run loads it again. */
	release(): Promise<void> {
		return this.#next(() => this.#drop());
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}

	async #sized(height: number, width: number, { signal, loras = [] }: AdaptedRunOptions): Promise<Session> {
		signal?.throwIfAborted();
		const wanted = `${height}×${width} ${loraKey(loras)}`;
		if (this.#session && !this.#session.lost && this.#made === wanted) return this.#session;
		await this.#drop();
		// First, because the precision of a graph is what the device's trial found.
		const { device = "cpu" } = this.#options;
		if (!isProcessor(device)) await checkDevice(device);
		const layers = loras.map((lora) => lora.layers);
		const graph = await this.#build(height, width, signal, layers);
		this.#session = await Session.create(graph, { ...this.#options, signal });
		this.#made = wanted;
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
