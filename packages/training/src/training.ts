import { adamwFactors, KeptTensor, Session, type SessionOptions } from "@drum/graph";
import { type AdapterConfig, conditionRows, output } from "@drum/peca/model";
import { checkNames, float32, namesOf, sizeOf, type Tensor, type TextEncoder } from "@drum/tensor";
import type { EncodingCache } from "./encoding-cache.ts";
import { initialParameters, initialQuery } from "./initial.ts";
import { dropoutMasks } from "./masks.ts";
import { learningRateAt } from "./schedule.ts";
import { SETTINGS, type TrainingSettings } from "./settings.ts";
import { configOf, parameterShapes } from "./shapes.ts";
import {
	FACTORS,
	firstOf,
	maskShapes,
	renamed,
	secondOf,
	sumOf,
	type TrainingGraphOptions,
	trainingGraph,
} from "./training-graph.ts";

/** The state of a run, to continue from: all tensors, float32. */
export interface TrainingState {
	/** Steps done. */
	step: number;
	/** Parameters by their published names. */
	parameters: Readonly<Record<string, Tensor<"float32">>>;
	/** AdamW's sums by parameter, as `adamw` of `@drum/graph` keeps them. */
	first: Readonly<Record<string, Tensor<"float32">>>;
	second: Readonly<Record<string, Tensor<"float32">>>;
}

export interface TrainingStart extends SessionOptions {
	/** The state to continue from. */
	state?: TrainingState | undefined;
	/** Makes the conditions of captions instead of the encoder: see `EncodingCache`. The encoder always encodes ids. */
	cache?: Pick<EncodingCache, "conditions"> | undefined;
	/** Ids `[1, tokens]` to use as the empty prompt, instead of the tokenizer's. */
	emptyPrompt?: Tensor<"int64"> | undefined;
}

const OPTIONS = namesOf<TrainingStart>({
	state: true,
	cache: true,
	emptyPrompt: true,
	device: true,
	threads: true,
	signal: true,
});

/** Conditions of captions or of their ids, `[captions, rows, width]`. */
type Goals = (captions: readonly string[] | Tensor<"int64">, signal?: AbortSignal) => Promise<Tensor<"float32">>;
type Named = Record<string, Tensor | KeptTensor>;

/** An adapter under training: parameters and AdamW's state stay with the runtime from step to step. */
export class Training implements AsyncDisposable {
	readonly config: AdapterConfig;
	readonly settings: TrainingSettings;
	readonly #options: TrainingGraphOptions;
	readonly #conditions: Goals;
	readonly #baseQuery: Tensor<"float32">;
	readonly #sessions: { sum: Session | undefined; step: Session };
	/** Parameters and states, by the names of the graph's inputs. */
	#state: Named;
	#step: number;

	private constructor(
		conditions: Goals,
		settings: TrainingSettings,
		options: TrainingGraphOptions,
		baseQuery: Tensor<"float32">,
		sessions: { sum: Session | undefined; step: Session },
		{ step, parameters, first, second }: TrainingState,
	) {
		this.config = options.config;
		this.settings = settings;
		this.#options = options;
		this.#conditions = conditions;
		this.#baseQuery = baseQuery;
		this.#sessions = sessions;
		this.#step = step;
		this.#state = { ...parameters, ...renamed(first, firstOf), ...renamed(second, secondOf) };
	}

	/**
	 * Begins a new training, or continues from `state`. Does not check the values of settings and state.
	 * @throws ArgumentError for an unknown setting or option; what the encoder and `Session.create` throw
	 */
	static async create(encoder: TextEncoder, settings: TrainingSettings, start: TrainingStart = {}): Promise<Training> {
		checkNames("Training.create", settings, SETTINGS);
		checkNames("Training.create", start, OPTIONS);
		const { state, cache, emptyPrompt, ...options } = start;
		const { seed, batchSize, microBatchSize } = settings;
		const config = configOf(encoder, settings);
		const graph = { ...settings, config, batch: microBatchSize, accumulate: batchSize / microBatchSize };
		const baseQuery = conditionRows(await encoder.encode(emptyPrompt ?? [""], { signal: options.signal }));
		const sum = graph.accumulate > 1 ? await Session.create(trainingGraph("sum", graph), options) : undefined;
		const step = await Session.create(trainingGraph("step", graph), options).catch(async (error) => {
			await sum?.release();
			throw error;
		});
		const from = state ?? {
			step: 0,
			parameters: initialParameters(config, seed),
			first: zeros(config),
			second: zeros(config),
		};
		const encode: Goals = async (captions, signal) => conditionRows(await encoder.encode(captions, { signal }));
		const cached = cache?.conditions(encode) ?? encode;
		const conditions: Goals = (captions, signal) =>
			"dims" in captions ? encode(captions, signal) : cached(captions, signal);
		return new Training(conditions, settings, graph, baseQuery, { sum, step }, from);
	}

	/** Steps done. */
	get step(): number {
		return this.#step;
	}

	/**
	 * One step with `settings.batchSize` captions, or their ids `[captions, tokens]`. Returns the loss before the step. A cancelled step changes
	 * nothing.
	 */
	async next(
		captions: readonly string[] | Tensor<"int64">,
		signal?: AbortSignal,
	): Promise<{ step: number; loss: number; learningRate: number }> {
		const { settings } = this;
		const { batch, accumulate, dropout } = this.#options;
		const step = this.#step + 1;
		const learningRate = learningRateAt(step, settings);
		const factors = adamwFactors(step, learningRate, settings.weightDecay, settings);
		const scalars = Object.fromEntries(FACTORS.map((name) => [name, float32(Float32Array.of(factors[name]), [1])]));
		let sums: Named = accumulate > 1 ? renamed(zeros(this.config), sumOf) : {};
		let loss = 0;
		try {
			for (let part = 0; part < accumulate; part++) {
				const goal = await this.#conditions(share(captions, part * batch, batch), signal);
				const masks = dropoutMasks(maskShapes(this.#options), dropout, settings.seed, step, part);
				const feeds = { goal, base_query: this.#baseQuery, ...masks, ...sums };
				const last = part === accumulate - 1;
				const found = last
					? await this.#run(this.#sessions.step, { ...feeds, ...this.#state, ...scalars }, this.#state, signal)
					: await this.#run(this.#sessions.sum!, { ...feeds, ...this.#parameters() }, sums, signal);
				loss += found.loss / accumulate;
				if (last) this.#state = found.next;
				else sums = found.next;
			}
		} finally {
			await release(sums);
		}
		this.#step = step;
		return { step, loss, learningRate };
	}

	/** Everything that is needed to continue from here. */
	async state(): Promise<TrainingState> {
		const names = Object.keys(parameterShapes(this.config));
		const read = async (nameOf: (name: string) => string) => {
			const entries = names.map(async (name) => [name, await readOf(this.#state[nameOf(name)]!)] as const);
			return Object.fromEntries(await Promise.all(entries));
		};
		return {
			step: this.#step,
			parameters: await read(String),
			first: await read(firstOf),
			second: await read(secondOf),
		};
	}

	/** The published part of a state: the parameters, and the query, which training does not change. */
	published({ parameters }: TrainingState): Record<string, Tensor<"float32">> {
		return { base_query: initialQuery(this.config, this.settings.seed), ...parameters };
	}

	/** Frees the memory when the current step has ended. */
	async release(): Promise<void> {
		await Promise.all([this.#sessions.step.release(), this.#sessions.sum?.release(), release(this.#state)]);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}

	/** Runs a graph that returns the next value of each tensor in `before`, and then releases those. */
	async #run(session: Session, feeds: Named, before: Named, signal: AbortSignal | undefined) {
		const names = Object.keys(before);
		const { kept, outputs } = await session.runKeeping(feeds, names.map(output), { signal });
		await release(before);
		return {
			next: Object.fromEntries(names.map((name) => [name, kept[output(name)]!])) as Named,
			loss: outputs.loss!.data[0]!,
		};
	}

	#parameters(): Named {
		const names = Object.keys(parameterShapes(this.config));
		return Object.fromEntries(names.map((name) => [name, this.#state[name]!]));
	}
}

function zeros(config: AdapterConfig): Record<string, Tensor<"float32">> {
	const shapes = Object.entries(parameterShapes(config));
	return Object.fromEntries(shapes.map(([name, dims]) => [name, float32(new Float32Array(sizeOf(dims)), dims)]));
}

async function readOf(tensor: Tensor | KeptTensor): Promise<Tensor<"float32">> {
	return tensor instanceof KeptTensor ? tensor.read() : (tensor as Tensor<"float32">);
}

async function release(tensors: Readonly<Record<string, Tensor | KeptTensor>>): Promise<void> {
	await Promise.all(Object.values(tensors).map((tensor) => tensor instanceof KeptTensor && tensor.release()));
}

/** `count` captions or rows of ids from `start`. */
function share(captions: readonly string[] | Tensor<"int64">, start: number, count: number) {
	if (!("dims" in captions)) return captions.slice(start, start + count);
	const tokens = captions.dims[1]!;
	const data = captions.data.subarray(start * tokens, (start + count) * tokens);
	return { type: "int64", dims: [count, tokens], data } as const;
}
