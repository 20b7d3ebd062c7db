import {
	checkEncoded,
	type Device,
	quantize,
	SizedSession,
	unusedWeights,
	type WeightOptions,
	type WeightSource,
	type WeightsToCheck,
} from "@drum/graph";
import {
	ArgumentError,
	CheckpointError,
	checkIds,
	checkNames,
	ENCODE_OPTIONS,
	type EncodeOptions,
	float32,
	namesOf,
	type PromptIds,
	type Skip,
	shown,
	type Tensor,
	type TensorSource,
	type TextEncoder,
	type TextEncoding,
	type Warning,
} from "@drum/tensor";
import { fingerprint } from "@drum/tensor/node";
import { parseT5Config, type T5Config } from "./config.ts";
import { openT5, type T5CheckpointOptions } from "./open-checkpoint.ts";
import { buildGraph } from "./t5-text-graph.ts";
import { T5Tokenizer, type T5TokenizerFiles } from "./tokenizer.ts";

export interface T5TextEncoderOptions extends WeightOptions {
	/** Names the encoder in messages. */
	name: string;
	/** Contents of `config.json`. */
	config: unknown;
	/** An opened `Checkpoint` of `@drum/tensor/node`, of one file or of an index of several. */
	weights: TensorSource;
	/** Without one, only ids can be encoded. */
	tokenizer?: T5TokenizerFiles | undefined;
	/** Hidden states to give, all of them the encoder's output. Default `[-1]`. */
	skips?: readonly Skip[] | undefined;
	/** Rows of a prompt, from 1 to 512. Default 256, which the published adapter was trained with. */
	maxLength?: number | undefined;
	/** Default `"cpu"`. */
	device?: Device | undefined;
	threads?: number | undefined;
}

const OPTIONS = namesOf<T5TextEncoderOptions>({
	name: true,
	config: true,
	weights: true,
	tokenizer: true,
	skips: true,
	maxLength: true,
	device: true,
	threads: true,
	dtype: true,
	cacheFolder: true,
	onQuantize: true,
});

const LONGEST = 512;

/**
 * T5 v1.1's encoder (T5-XXL in Stable Diffusion 3 and FLUX, or any of its configuration). Its weights are loaded when it first
 * encodes. It has no class row, and one output: what is after the final norm, for every skip.
 */
export class T5TextEncoder implements TextEncoder {
	readonly name: string;
	readonly width: number;
	readonly heads: number;
	readonly tokens: number;
	readonly mostTokens = LONGEST;
	readonly hasClassRow = false;
	readonly fingerprint: string;
	readonly warnings: readonly Warning[];
	readonly #weights: WeightsToCheck;
	readonly #config: T5Config;
	readonly #skips: readonly Skip[];
	readonly #tokenizer: T5Tokenizer | undefined;
	readonly #session: SizedSession;

	private constructor(
		options: T5TextEncoderOptions,
		config: T5Config,
		tokens: number,
		fingerprint: string,
		used: readonly string[],
		unused: readonly string[],
	) {
		this.name = options.name;
		this.width = config.d_model;
		this.heads = config.num_heads;
		this.tokens = tokens;
		this.fingerprint = fingerprint;
		this.#weights = { weights: options.weights, used };
		this.warnings = unusedWeights(
			unused.filter((tensor) => !OF_WHOLE_T5.test(tensor)),
			options.name,
		);
		this.#config = config;
		this.#skips = options.skips ?? [-1];
		this.#tokenizer = options.tokenizer && openTokenizer(options.tokenizer, config);
		const { device, threads, weights } = options;
		// The last length's is kept: its relative positions are part of the graph, and the weights are in memory once.
		const graphOf = async (rows: number, _: number, signal: AbortSignal | undefined) => {
			const build = (source: WeightSource) => buildGraph(options, source, config, rows).graph;
			return build(await quantize(weights, { ...options, outliers: true, build, signal }));
		};
		this.#session = new SizedSession(graphOf, { device, threads });
	}

	/**
	 * Opens a T5 encoder: a file of its weights alone, as `t5xxl_fp16.safetensors` or one of 8 bits, with T5-XXL's published configuration and
	 * vocabulary; or a folder or a hub id such as `google/t5-v1_1-xxl`, of a whole model or of its encoder.
	 * @throws what `openRepository` and `create` throw.
	 */
	static async fromPretrained(source: string, options: T5CheckpointOptions = {}): Promise<T5TextEncoder> {
		return T5TextEncoder.create(await openT5(source, options));
	}

	/**
	 * Checks configuration, tokenizer and the shape of every weight; loads nothing yet.
	 * @throws CheckpointError naming the field, token or weight that does not fit; ArgumentError for `maxLength`.
	 */
	static async create(options: T5TextEncoderOptions): Promise<T5TextEncoder> {
		checkNames("T5TextEncoder.create", options, OPTIONS);
		const { name, weights, dtype = "auto", maxLength = 256 } = options;
		const config = parseT5Config(options.config, `${name}/config.json`);
		if (!Number.isInteger(maxLength) || maxLength < 1 || maxLength > LONGEST)
			throw new ArgumentError({
				what: `maxLength of ${name}`,
				expected: `an integer from 1 to ${LONGEST}`,
				found: shown(maxLength),
			});
		const built = buildGraph(options, weights, config, maxLength).weights;
		const used = built.used();
		// A file's own weights have the same fingerprint however they are computed with.
		const settings = dtype === "auto" || dtype === "float32" ? [config, maxLength] : [config, maxLength, dtype];
		const print = await fingerprint(weights, used, settings);
		return new T5TextEncoder(options, config, maxLength, print, used, built.unused());
	}

	tokenize(prompts: readonly string[]): Tensor<"int64"> {
		return this.#needTokenizer().encode(prompts, this.tokens);
	}

	overflow(prompts: readonly string[], { tokens = this.tokens }: { tokens?: number | undefined } = {}): string[] {
		return this.#needTokenizer().overflow(prompts, tokens);
	}

	get promptIds(): PromptIds | undefined {
		return this.#tokenizer?.rows;
	}

	#needTokenizer(): T5Tokenizer {
		if (this.#tokenizer) return this.#tokenizer;
		const next = "Encode ids, or give one";
		throw new ArgumentError({ what: this.name, expected: "a tokenizer", found: "none", next });
	}

	async encode(prompts: readonly string[] | Tensor<"int64">, options: EncodeOptions = {}): Promise<TextEncoding> {
		checkNames("encode", options, ENCODE_OPTIONS);
		options.signal?.throwIfAborted();
		const { tokens = this.tokens } = options;
		if (!Number.isInteger(tokens) || tokens < 1 || tokens > LONGEST) {
			const expected = `an integer from 1 to ${LONGEST}`;
			throw new ArgumentError({ what: `tokens of ${this.name}`, expected, found: shown(tokens) });
		}
		const given = "dims" in prompts ? prompts : this.#needTokenizer().encode(prompts, tokens);
		return this.#encode(checkIds(given, tokens, this.#config.vocab_size), tokens, options);
	}

	async #encode(
		ids: Tensor<"int64">,
		tokens: number,
		{ signal, onProgress, skips = this.#skips }: EncodeOptions,
	): Promise<TextEncoding> {
		const count = ids.dims[0]!;
		const states = new Float32Array(count * tokens * this.width);
		// One at a time: a prompt's 256 rows fill the processor, and a run can only be cancelled between prompts.
		for (let i = 0; i < count; i++) {
			const row = ids.data.slice(i * tokens, (i + 1) * tokens);
			const feeds = { input_ids: { type: "int64", dims: [1, tokens], data: row } } as const;
			const { hidden } = await this.#session.run(tokens, 1, feeds, { signal });
			states.set(hidden!.data, i * tokens * this.width);
			onProgress?.(i + 1, count);
		}
		await checkEncoded(this, { ...this.#weights, signal }, [states]);
		const output = float32(states, [count, tokens, this.width]);
		return {
			hidden: Object.fromEntries(skips.map((skip) => [skip, output])),
			classRows: undefined,
			features: undefined,
		};
	}

	/** Rows as they are: the output is normed already. */
	async normalize(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		return rows;
	}

	/** Rows as they are. */
	async project(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		return rows;
	}

	/** Frees the weights once the encodings under way have ended. They load again when it next encodes. */
	release(): Promise<void> {
		return this.#session.release();
	}
}

/** What a file of a whole T5 has beside its encoder, and the table of words under its other name. */
const OF_WHOLE_T5 = /^(decoder|lm_head)\.|^(shared|encoder\.embed_tokens)\.weight$/;

/** A tokenizer whose ids the model has room for. */
function openTokenizer(files: T5TokenizerFiles, { vocab_size }: T5Config): T5Tokenizer {
	const tokenizer = new T5Tokenizer(files);
	if (tokenizer.size <= vocab_size) return tokenizer;
	throw new CheckpointError({
		what: `tokenizer ${files.name}`,
		expected: `ids below the text encoder's vocab_size, ${vocab_size}`,
		found: `ids up to ${tokenizer.size - 1}`,
		next: "Check that tokenizer and text encoder belong together",
	});
}
