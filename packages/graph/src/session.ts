import { checkNames, DeviceError, namesOf, type Tensor } from "@drum/tensor";
import { checkDevice, checkOperators, hold } from "./check-device.ts";
import type { Device } from "./device.ts";
import { alone, checkFeeds, type GraphInput } from "./feeds.ts";
import type { BuiltGraph } from "./graph.ts";
import { LAYER_ERRORS } from "./layer-errors.ts";
import { loadError, runError } from "./runtime/load-error.ts";
import { placeModel } from "./runtime/place-model.ts";
import { defaultThreads } from "./runtime/platform.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { newSession, runtimeOf } from "./runtime/runtimes.ts";
import type { Kept, Weights } from "./runtime/session-protocol.ts";

export interface SessionOptions {
	/** Default `"cpu"`. */
	device?: Device | undefined;
	/**
	 * Threads of one operator. Default: as many as the machine runs at once; in a browser, where the first model's count for all, 1 unless
	 * the page is cross-origin isolated.
	 */
	threads?: number | undefined;
	signal?: AbortSignal | undefined;
}

export interface RunOptions {
	signal?: AbortSignal | undefined;
}

export const SESSION_OPTIONS = namesOf<SessionOptions>({ device: true, threads: true, signal: true });
const RUN_OPTIONS = namesOf<RunOptions>({ signal: true });

let kept = 0;

/** A tensor that stays with the runtime, to be given to later runs without travelling between threads. */
export class KeptTensor {
	readonly dims: readonly number[];
	readonly #number: number;
	readonly #runtime: Runtime;
	readonly #life: number;
	#released = false;

	/** @internal */
	constructor(runtime: Runtime, number: number, dims: readonly number[]) {
		this.#runtime = runtime;
		this.#life = runtime.life;
		this.#number = number;
		this.dims = dims;
	}

	/** Whether it is gone because the runtime ended. */
	get lost(): boolean {
		return this.#life !== this.#runtime.life;
	}

	/** @internal For a run by `runtime`. */
	reference(runtime: Runtime): Kept {
		if (this.#released)
			throw new DeviceError({ what: "a kept tensor was released", next: "Keep it until its last run" });
		if (runtime !== this.#runtime) {
			const next = "Read it, and feed what it holds";
			throw new DeviceError({
				what: "a kept tensor",
				expected: "one of the same device",
				found: "another device's",
				next,
			});
		}
		return { kept: this.#number };
	}

	/** Its numbers, copied. */
	async read(): Promise<Tensor<"float32">> {
		const { kept } = this.reference(this.#runtime);
		const result = await this.#runtime.ask({ call: "read", kept });
		return result!.outputs.kept as Tensor<"float32">;
	}

	/** Frees the memory once the runs under way have ended. Later calls do nothing. */
	async release(): Promise<void> {
		if (this.#released) return;
		this.#released = true;
		if (!this.lost) await this.#runtime.ask({ call: "forget", kept: this.#number });
	}
}

/**
 * A loaded model. It runs in a worker thread, so that the caller's event loop stays free; runs go one after another.
 * A run that has started cannot be stopped, so `signal` is looked at before each.
 */
export class Session implements AsyncDisposable {
	readonly name: string;
	readonly #number: number;
	readonly #device: Device;
	readonly #inputs: readonly GraphInput[];
	readonly #outputs: readonly string[];
	readonly #runtime: Runtime;
	readonly #life: number;
	readonly #comparisons: BuiltGraph["comparisons"];
	#released: Promise<void> | undefined;

	private constructor({ name, inputs, outputs, comparisons }: BuiltGraph, number: number, device: Device) {
		this.name = name;
		this.#device = device;
		this.#runtime = runtimeOf(device);
		this.#life = this.#runtime.life;
		this.#inputs = inputs;
		this.#outputs = outputs;
		this.#comparisons = comparisons;
		this.#number = number;
	}

	/** Whether it is gone because the runtime ended: `run` throws. */
	get lost(): boolean {
		return this.#life !== this.#runtime.life;
	}

	/** Whether the graph has an input of that name. */
	takes(input: string): boolean {
		return this.#inputs.some(({ name }) => name === input);
	}

	/**
	 * Operators that the device's trial found wrong there are replaced, see `checkDevice`.
	 * @throws ArgumentError for an option that there is not; DeviceError when the device is unknown, computes wrong, or ONNX Runtime cannot
	 * load the graph on it.
	 */
	static async create(graph: BuiltGraph, options: SessionOptions = {}): Promise<Session> {
		checkNames("Session.create", options, SESSION_OPTIONS);
		const { device = "cpu", threads = defaultThreads(), signal } = options;
		signal?.throwIfAborted();
		const trial = await checkDevice(device);
		checkOperators(graph, trial);
		await hold(device);
		signal?.throwIfAborted();
		const fitting = trial.replaced.size === 0 ? graph : await graph.replacing(trial.replaced);
		const placed = await placeModel(fitting, device);
		signal?.throwIfAborted();
		const session = new Session(graph, newSession(), device);
		const request = {
			call: "create",
			session: session.#number,
			...placed,
			optimize: fitting.folds,
			device,
			threads,
		} as const;
		try {
			await session.#runtime.ask(request, memoryOf(placed.weights));
		} catch (cause) {
			throw loadError(cause as Error, graph.name, device, placed.weights);
		}
		if (signal?.aborted) await session.release();
		signal?.throwIfAborted();
		return session;
	}

	/**
	 * Feeds and results by the names that the graph gave them.
	 * @throws ArgumentError for an option that there is not; DeviceError for feeds that are not the graph's inputs, after `release`, or when the device fails.
	 */
	async run(
		feeds: Readonly<Record<string, Tensor | KeptTensor>>,
		options: RunOptions = {},
	): Promise<Record<string, Tensor<"float32">>> {
		checkNames("run", options, RUN_OPTIONS);
		return (await this.#run(feeds, [], options)).outputs;
	}

	/** As `run`, but the results of these names stay with the runtime. @throws as `run`; DeviceError for a name that no result has. */
	async runKeeping(
		feeds: Readonly<Record<string, Tensor | KeptTensor>>,
		names: readonly string[],
		options: RunOptions = {},
	): Promise<{ kept: Record<string, KeptTensor>; outputs: Record<string, Tensor<"float32">> }> {
		checkNames("runKeeping", options, RUN_OPTIONS);
		const unknown = names.find((name) => !this.#outputs.includes(name));
		if (unknown === undefined) return this.#run(feeds, names, options);
		const expected = `some of ${this.#outputs.join(", ")}`;
		throw new DeviceError({ what: `results of ${this.name} to keep`, expected, found: unknown });
	}

	async #run(feeds: Readonly<Record<string, Tensor | KeptTensor>>, names: readonly string[], { signal }: RunOptions) {
		signal?.throwIfAborted();
		if (this.#released)
			throw new DeviceError({ what: `${this.name} was released`, next: "Load it again before you run it" });
		if (this.lost)
			throw new DeviceError({ what: `${this.name} was lost when its runtime ended`, next: "Load it again" });
		checkFeeds(this.name, this.#inputs, feeds);
		const numbers = Object.fromEntries(names.map((name) => [name, kept++]));
		const plain = Object.entries(feeds).map(([name, feed]) => [
			name,
			feed instanceof KeptTensor ? feed.reference(this.#runtime) : alone(feed),
		]);
		try {
			const result = await this.#runtime.ask({
				call: "run",
				session: this.#number,
				feeds: Object.fromEntries(plain),
				keep: numbers,
			});
			const { [LAYER_ERRORS]: errors, ...outputs } = result!.outputs as Record<string, Tensor<"float32">>;
			if (errors) this.#comparisons?.tell(this.#comparisons.errorsOf(errors.data));
			return {
				outputs,
				kept: Object.fromEntries(
					Object.entries(result!.kept).map(([name, dims]) => [
						name,
						new KeptTensor(this.#runtime, numbers[name]!, dims),
					]),
				),
			};
		} catch (cause) {
			throw runError(cause as Error, this.name, this.#device);
		}
	}

	/** Frees the model's memory once the runs under way have ended. Later calls do nothing. */
	release(): Promise<void> {
		this.#released ??= this.#release();
		return this.#released;
	}

	async #release(): Promise<void> {
		if (!this.lost) await this.#runtime.ask({ call: "release", session: this.#number });
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}

/** What was read of a model's weights goes to the worker, and is not copied. */
function memoryOf(weights: Weights): ArrayBuffer[] {
	if ("folder" in weights) return [];
	return weights.external.flatMap(({ data }) => (data instanceof Uint8Array ? [data.buffer] : []));
}
