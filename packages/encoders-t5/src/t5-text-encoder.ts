import {
	checkEncoded,
	type LoraLayers,
	type LoraPrint,
	type LoraTextEncoder,
	type MoreRows,
	quantize,
	type ScaledLora,
	SizedSession,
	takeLoras,
	unusedWeights,
	type WeightSource,
	weightOptions,
} from "@drum/graph";
import type { WeightsSource } from "@drum/hub";
import {
	ArgumentError,
	areIds,
	checkIds,
	checkNames,
	ENCODE_OPTIONS,
	type EncodeOptions,
	fingerprint,
	float32,
	type LearnedToken,
	loadPart,
	type PromptIds,
	shown,
	type Tensor,
	type TensorSource,
	type TextEncoding,
	type Warning,
} from "@drum/tensor";
import { LearnedTokens, needTokenizer } from "@drum/tokens";
import { parseT5Config, type T5Config } from "./config.ts";
import type { T5CheckpointOptions } from "./open-checkpoint.ts";
import { openTokenizer } from "./open-tokenizer.ts";
import { buildGraph } from "./t5-text-graph.ts";
import { T5_TEXT_OPTIONS, type T5TextEncoderOptions } from "./t5-text-options.ts";

const LONGEST = 512;

/** The parts of an encoder, with or without LoRAs. */
interface Parts {
	readonly options: T5TextEncoderOptions;
	readonly config: T5Config;
	readonly tokens: number;
	/** The fingerprint without LoRAs and learned tokens. */
	readonly fingerprint: string;
	/** Names of the weights that it uses. */
	readonly used: readonly string[];
	readonly warnings: readonly Warning[];
	/** Its tokenizer with learned tokens. Undefined if the encoder only takes ids. */
	readonly learned: LearnedTokens | undefined;
	readonly loras: readonly ScaledLora[];
	/** How LoRAs change its fingerprint. */
	readonly print?: LoraPrint | undefined;
	readonly session: SizedSession;
}

/**
 * T5 v1.1's encoder (T5-XXL in Stable Diffusion 3 and FLUX, or another with such a configuration). The first call of `encode` loads its weights. It
 * has no class row. Every skip gives the same output: the one after the final norm.
 */
export class T5TextEncoder implements LoraTextEncoder {
	readonly name: string;
	readonly width: number;
	readonly heads: number;
	readonly tokens: number;
	readonly mostTokens = LONGEST;
	readonly hasClassRow = false;
	readonly warnings: readonly Warning[];
	readonly weights: TensorSource;
	#parts: Parts;

	private constructor(parts: Parts) {
		const { options, config } = parts;
		this.name = options.name;
		this.width = config.d_model;
		this.heads = config.num_heads;
		this.tokens = parts.tokens;
		this.warnings = parts.warnings;
		this.weights = options.weights;
		this.#parts = parts;
	}

	/**
	 * Opens a T5 encoder: a folder or a hub id such as `google/t5-v1_1-xxl`, of a whole model or only of its encoder. A single file of weights, such as
	 * `t5xxl_fp16.safetensors` or one of 8 bits, gets T5-XXL's published configuration and vocabulary.
	 * @throws what `openRepository` and `create` throw.
	 */
	static async fromPretrained(source: WeightsSource, options: T5CheckpointOptions = {}): Promise<T5TextEncoder> {
		const { openT5 } = await loadPart(() => import("./open-checkpoint.ts"));
		return T5TextEncoder.create(await openT5(source, options));
	}

	/**
	 * Checks the configuration, the tokenizer and the shape of every weight. Loads no weights yet.
	 * @throws CheckpointError that names the field, token or weight which does not fit; ArgumentError for `maxLength`
	 */
	static async create(options: T5TextEncoderOptions): Promise<T5TextEncoder> {
		checkNames("T5TextEncoder.create", options, T5_TEXT_OPTIONS);
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
		// `auto` and `float32` both use the file's own weights, so they have the same fingerprint.
		const settings = dtype === "auto" || dtype === "float32" ? [config, maxLength] : [config, maxLength, dtype];
		const print = await fingerprint(weights, used, settings);
		const unused = built.unused().filter((tensor) => !OF_WHOLE_T5.test(tensor));
		const tokenizer = options.tokenizer && openTokenizer(options.tokenizer, config);
		return new T5TextEncoder({
			...{ options, config, tokens: maxLength, fingerprint: print, used, loras: [] },
			learned: tokenizer && new LearnedTokens(tokenizer.rows, [], { first: config.vocab_size, width: config.d_model }),
			warnings: unusedWeights(unused, name),
			session: sessionOf(options, config),
		});
	}

	get fingerprint(): string {
		return this.fingerprintOf();
	}

	fingerprintOf(prompts?: readonly string[]): string {
		const { fingerprint, learned, loras, print } = this.#parts;
		const plain = learned?.fingerprint(fingerprint, prompts) ?? fingerprint;
		return print?.(plain, loras) ?? plain;
	}

	get learnedTokens(): readonly LearnedToken[] {
		return this.#parts.learned?.tokens ?? [];
	}

	async learn(tokens: readonly LearnedToken[]): Promise<void> {
		const { options, config, session } = this.#parts;
		const learned = this.#needLearned().instead(tokens);
		this.#parts = { ...this.#parts, learned, session: sessionOf(options, config, tokens) };
		await session.release();
	}

	/** @throws CheckpointError that names a factor which does not fit its layer */
	async checkLora(layers: LoraLayers): Promise<readonly string[]> {
		const { options, config, tokens } = this.#parts;
		const weights = await takeLoras(this.weights, [layers], { norms: false });
		return buildGraph(options, weights, config, tokens).weights.unusedLoras();
	}

	withLoras(loras: readonly ScaledLora[], print: LoraPrint): T5TextEncoder {
		return new T5TextEncoder({ ...this.#parts, loras, print });
	}

	tokenize(prompts: readonly string[]): Tensor<"int64"> {
		return this.#needLearned().rows.encode(prompts, this.tokens);
	}

	overflow(prompts: readonly string[], { tokens = this.tokens }: { tokens?: number | undefined } = {}): string[] {
		return this.#needLearned().rows.overflow(prompts, tokens);
	}

	get promptIds(): PromptIds | undefined {
		return this.#parts.learned?.rows;
	}

	#needLearned(): LearnedTokens {
		return needTokenizer(this.#parts.learned, this.name);
	}

	async encode(prompts: readonly string[] | Tensor<"int64">, options: EncodeOptions = {}): Promise<TextEncoding> {
		checkNames("encode", options, ENCODE_OPTIONS);
		options.signal?.throwIfAborted();
		const { tokens = this.tokens } = options;
		if (!Number.isInteger(tokens) || tokens < 1 || tokens > LONGEST) {
			const expected = `an integer from 1 to ${LONGEST}`;
			throw new ArgumentError({ what: `tokens of ${this.name}`, expected, found: shown(tokens) });
		}
		const given = areIds(prompts) ? prompts : this.#needLearned().rows.encode(prompts, tokens);
		const { config, learned } = this.#parts;
		return this.#encode(checkIds(given, tokens, learned?.end ?? config.vocab_size), tokens, options);
	}

	async #encode(
		ids: Tensor<"int64">,
		tokens: number,
		{ signal, onProgress, skips: asked }: EncodeOptions,
	): Promise<TextEncoding> {
		const { options, loras, session, used } = this.#parts;
		const skips = asked ?? options.skips ?? [-1];
		const count = ids.dims[0]!;
		const states = new Float32Array(count * tokens * this.width);
		// One at a time: the 256 rows of a prompt fill the processor, and a run can only be cancelled between prompts.
		for (let i = 0; i < count; i++) {
			const row = ids.data.slice(i * tokens, (i + 1) * tokens);
			const feeds = { input_ids: { type: "int64", dims: [1, tokens], data: row } } as const;
			const { hidden } = await session.run(tokens, 1, feeds, { signal, loras });
			states.set(hidden!.data, i * tokens * this.width);
			onProgress?.(i + 1, count);
		}
		await checkEncoded(this, { weights: this.weights, used, signal }, [states]);
		const output = float32(states, [count, tokens, this.width]);
		return {
			hidden: Object.fromEntries(skips.map((skip) => [skip, output])),
			classRows: undefined,
			features: undefined,
		};
	}

	/** Returns the rows unchanged: the output is already normed. */
	async normalize(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		return rows;
	}

	/** Returns the rows unchanged. */
	async project(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		return rows;
	}

	/** Frees the weights when the current encodings have ended. They load again at their next use. */
	release(): Promise<void> {
		return this.#parts.session.release();
	}
}

/** Other tensors of a whole T5's file, and the table of words by its other name. */
const OF_WHOLE_T5 = /^(decoder|lm_head)\.|^(shared|encoder\.embed_tokens)\.weight$/;

/** Keeps a session for the last length: the relative positions are part of the graph, and the weights are in memory once. */
function sessionOf(options: T5TextEncoderOptions, config: T5Config, learned: readonly MoreRows[] = []): SizedSession {
	const { device, threads, weights } = options;
	const graphOf: ConstructorParameters<typeof SizedSession>[0] = async (rows, _, signal, loras) => {
		const build = (source: WeightSource) => buildGraph(options, source, config, rows, learned).graph;
		const source = await quantize(weights, { ...weightOptions(options), outliers: true, build, signal });
		return build(await takeLoras(source, loras, { threads, signal }));
	};
	return new SizedSession(graphOf, { device, threads });
}
