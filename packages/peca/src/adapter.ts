import { checkEncoded, type KeptTensor, LazySession, quantize, type WeightSource, weightOptions } from "@drum/graph";
import { ArgumentError, checkNames, float32, namesOf, sizeOf, type Tensor } from "@drum/tensor";
import { readConfig } from "./adapter-config.ts";
import { adapterGraph, type GraphKind, keyNames, output } from "./adapter-graphs.ts";
import type { AdapterConfig } from "./adapter-model.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import { conditionRows } from "./condition-rows.ts";
import { checkAlpha } from "./history.ts";
import { sharesOf } from "./shares.ts";

const OPTIONS = namesOf<AdapterOptions>({
	weights: true,
	encoder: true,
	device: true,
	threads: true,
	keptBytes: true,
	dtype: true,
	cacheFolder: true,
	onQuantize: true,
});

/** Conditions as the adapter takes them and gives them. */
export interface AdapterOutput {
	/** `[batch, tokens, width]`, before the encoder's final norm. */
	hidden: Tensor<"float32">;
	/** The class rows `[batch, width]`, before the final norm; undefined behind an encoder without one. */
	classRows: Tensor<"float32"> | undefined;
}

/** References that the adapter has made ready, to be used for any number of prompts and then released. */
export interface ReadyReferences {
	/** Bytes they keep. */
	readonly bytes: number;
	/** Whether they are gone because the runtime ended. */
	readonly lost: boolean;
	/** @internal */
	readonly feeds: Readonly<Record<string, KeptTensor>>;
	/** @internal */
	readonly passing: boolean;
	release(): Promise<void>;
}

/** References side by side in one product: 16 × 77 tokens keep the scores of a chunk in the cache. */
const CHUNK = 16;

/** PeCA behind one text encoder: target and profile in, personalised condition out. */
export class Adapter {
	readonly config: AdapterConfig;
	readonly #options: AdapterOptions;
	readonly #sessions = new Map<GraphKind, LazySession>();
	#baseQuery: Promise<Tensor<"float32">> | undefined;

	private constructor(options: AdapterOptions, config: AdapterConfig) {
		this.#options = options;
		this.config = config;
	}

	/**
	 * Checks every weight against the encoder; loads nothing yet.
	 * @throws CheckpointError naming the weight that does not fit, or the tensors that no block uses.
	 */
	static create(options: AdapterOptions): Adapter {
		checkNames("Adapter.create", options, OPTIONS);
		const adapter = new Adapter(options, readConfig(options));
		adapterGraph("pass", options, adapter.config);
		return adapter;
	}

	/**
	 * The adapter's constant query: the raw hidden states of the empty prompt, and its raw class row, `[1, rows, width]`.
	 * `ids` stands in for the tokenizer's empty prompt.
	 */
	baseQuery(ids?: Tensor<"int64">): Promise<Tensor<"float32">> {
		this.#baseQuery ??= this.#encodeEmpty(ids).catch((error) => {
			this.#baseQuery = undefined;
			throw error;
		});
		return this.#baseQuery;
	}

	async #encodeEmpty(ids: Tensor<"int64"> | undefined): Promise<Tensor<"float32">> {
		const { encoder } = this.#options;
		return conditionRows(await encoder.encode(ids ?? [""]));
	}

	/**
	 * Makes references ready: `[references, tokens, width]` raw hidden states, and an intensity for each, of which only the ratios count.
	 * Keys and values are kept (4.7 MB a reference for ViT-L), unless that is more than `keptBytes`.
	 * @throws ArgumentError for another shape, for no references, and for intensities that are no weights.
	 */
	async ready(
		references: Tensor<"float32">,
		intensities: readonly number[],
		signal?: AbortSignal,
	): Promise<ReadyReferences> {
		const { tokens, width, inner, layers } = this.config;
		const count = intensities.length;
		this.#checkStates("references", references, count);
		const chunks = Math.ceil(count / CHUNK);
		const size = Math.ceil(count / chunks);
		const padded = new Float32Array(chunks * size * tokens * width);
		padded.set(references.data);
		const shares = new Float32Array(chunks * size);
		shares.set(sharesOf(intensities));
		const feeds = {
			references: float32(padded, [chunks, size, tokens, width]),
			shares: float32(shares, [chunks, size]),
		};

		const keys = chunks * size * tokens * inner * 2 * (layers - 1) * 4;
		const passing = keys > (this.#options.keptBytes ?? 2 ** 29);
		const baseQuery = passing ? {} : { base_query: await this.baseQuery() };
		const names = passing ? ["references", "shares"] : ["first", ...keyNames(this.config)];
		const { kept } = await this.#session(passing ? "keep" : "prepare").use((session) =>
			session.runKeeping({ ...feeds, ...baseQuery }, names.map(output), { signal }),
		);
		return {
			bytes: passing ? padded.byteLength : keys,
			feeds: Object.fromEntries(names.map((name) => [name, kept[output(name)]!])),
			passing,
			get lost() {
				return Object.values(kept).some(({ lost }) => lost);
			},
			release: async () => void (await Promise.all(Object.values(kept).map((tensor) => tensor.release()))),
		};
	}

	/**
	 * Personalises `target` `[batch, tokens, width]` by `alpha` in [0, 1].
	 * @throws ArgumentError for another shape or α.
	 */
	async personalize(
		target: Tensor<"float32">,
		references: ReadyReferences,
		alpha: number,
		signal?: AbortSignal,
	): Promise<AdapterOutput> {
		this.#checkStates("target", target, target.dims[0]);
		checkAlpha(alpha);
		const baseQuery = repeated(await this.baseQuery(), target.dims[0]!);
		const feeds = { base_query: baseQuery, target, alpha: float32(Float32Array.of(alpha), [1]), ...references.feeds };
		const session = this.#session(references.passing ? "pass" : "personalize");
		const { rows: out } = await session.use((loaded) => loaded.run(feeds, { signal }));
		const { weights, encoder } = this.#options;
		await checkEncoded({ name: `the adapter of ${encoder.name}` }, { weights, signal }, [out!.data]);
		return this.#splitRows(out!);
	}

	async release(): Promise<void> {
		await Promise.all(Array.from(this.#sessions.values(), (session) => session.release()));
	}

	#splitRows({ data, dims }: Tensor<"float32">): AdapterOutput {
		const { tokens, rows, width } = this.config;
		const batch = dims[0]!;
		if (rows === tokens) return { hidden: float32(data, dims), classRows: undefined };
		const hidden = new Float32Array(batch * tokens * width);
		const classRows = new Float32Array(batch * width);
		for (let i = 0; i < batch; i++) {
			const own = data.subarray(i * rows * width, (i + 1) * rows * width);
			hidden.set(own.subarray(0, tokens * width), i * tokens * width);
			classRows.set(own.subarray(tokens * width), i * width);
		}
		return { hidden: float32(hidden, [batch, tokens, width]), classRows: float32(classRows, [batch, width]) };
	}

	#checkStates(what: string, { dims, data }: Tensor<"float32">, count = 0): void {
		const { tokens, width } = this.config;
		if (count > 0 && dims.join() === [count, tokens, width].join() && data.length === sizeOf(dims)) return;
		throw new ArgumentError({
			what,
			expected: `hidden states [${count || "at least 1"}, ${tokens}, ${width}]`,
			found: `[${dims.join(", ")}] with ${data.length} values`,
		});
	}

	#session(kind: GraphKind): LazySession {
		const { device, threads } = this.#options;
		const build = async (signal: AbortSignal) => {
			return adapterGraph(kind, { ...this.#options, weights: await this.#quantized(signal) }, this.config);
		};
		const session = this.#sessions.get(kind) ?? new LazySession(build, { device, threads });
		this.#sessions.set(kind, session);
		return session;
	}

	/** The weights as the options hold them, of all graphs alike. */
	#quantized(signal: AbortSignal): Promise<WeightSource> {
		const options = this.#options;
		// References in passing take all layers.
		const build = (weights: WeightSource) => adapterGraph("pass", { ...options, weights }, this.config);
		return quantize(options.weights, { ...weightOptions(options), build, signal });
	}
}

/** `[1, …]` → `[times, …]`. */
function repeated({ data, dims }: Tensor<"float32">, times: number): Tensor<"float32"> {
	const out = new Float32Array(times * data.length);
	for (let i = 0; i < times; i++) out.set(data, i * data.length);
	return float32(out, [times, ...dims.slice(1)]);
}
