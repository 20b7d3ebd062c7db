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

/** Conditions of one encoder, as the adapter takes and gives them. */
export interface AdapterOutput {
	/** Hidden states `[batch, tokens, width]`, before the encoder's final norm. */
	hidden: Tensor<"float32">;
	/** Class rows `[batch, width]`, before the final norm; undefined for an encoder without a class row. */
	classRows: Tensor<"float32"> | undefined;
}

/** References that the adapter has prepared. Use them for any number of prompts, then release them. */
export interface ReadyReferences {
	/** Bytes of memory that they occupy. */
	readonly bytes: number;
	/** Whether they were lost because the runtime ended. */
	readonly lost: boolean;
	/** @internal */
	readonly feeds: Readonly<Record<string, KeptTensor>>;
	/** @internal */
	readonly passing: boolean;
	/** Frees their memory. A second call does nothing. */
	release(): Promise<void>;
}

/** How many references one matrix product handles: the scores of 16 × 77 tokens fit into the processor's cache. */
const CHUNK = 16;

/** PeCA, the personalised conditioning adapter of one text encoder (paper section 4.3): personalises a condition by a profile. */
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
	 * Checks every weight against the encoder. The weights are loaded at the first use.
	 * @throws CheckpointError naming the weight that does not fit, or a weight that no block uses
	 * @throws ArgumentError for an unknown option, or an encoder whose prompts have different numbers of rows
	 */
	static create(options: AdapterOptions): Adapter {
		checkNames("Adapter.create", options, OPTIONS);
		const adapter = new Adapter(options, readConfig(options));
		adapterGraph("pass", options, adapter.config);
		return adapter;
	}

	/**
	 * The adapter's constant query `[1, rows, width]`: the raw last hidden states of the empty prompt, and its raw class row. It is computed once.
	 * @param ids token ids `[1, tokens]` of the empty prompt; default the tokenizer's
	 * @throws what the encoder's `encode` throws
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
	 * Prepares references for any number of prompts. Their keys and values are kept (4.7 MB per reference for ViT-L), unless that takes more
	 * than `keptBytes`.
	 * @param references raw hidden states `[references, tokens, width]`
	 * @param intensities pᵢ of equation 2, one for each reference, from 0; only their ratios count
	 * @throws ArgumentError for another shape, no references, a negative intensity, or intensities that are all 0
	 * @throws the signal's reason
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
	 * Personalises a condition by the references (paper section 4.4, equation 2).
	 * @param target the prompts' raw hidden states `[batch, tokens, width]`
	 * @param alpha degree of personalization in [0, 1]
	 * @throws ArgumentError for another shape, or `alpha` outside [0, 1]
	 * @throws DeviceError if the result is not finite
	 * @throws the signal's reason
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

	/** Frees the loaded weights once running calls have ended. They are loaded again at the next use. */
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

	/** The weights in the precision of the options, the same for all graphs. */
	#quantized(signal: AbortSignal): Promise<WeightSource> {
		const options = this.#options;
		// This graph uses all layers.
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
