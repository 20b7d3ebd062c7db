import { checkEncoded, LazySession, quantize, unusedWeights, type WeightSource, weightOptions } from "@drum/graph";
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
	shown,
	type Tensor,
	type TensorSource,
	type TextEncoder,
	type TextEncoding,
	type Warning,
} from "@drum/tensor";
import { needTokenizer } from "@drum/tokens";
import { attentionMask } from "./attention-mask.ts";
import { ChatPrompts } from "./chat-prompts.ts";
import { parseQwen3Config, type Qwen3Config } from "./config.ts";
import { openQwen3, type Qwen3CheckpointOptions } from "./open-checkpoint.ts";
import { buildGraph } from "./qwen3-text-graph.ts";
import { QWEN3_TEXT_OPTIONS, type Qwen3TextEncoderOptions } from "./qwen3-text-options.ts";
import { type Qwen3Use, readUse } from "./qwen3-use.ts";

/** The most rows of a prompt that the pipelines use. */
const LONGEST = 512;

interface Parts {
	readonly options: Qwen3TextEncoderOptions;
	readonly config: Qwen3Config;
	readonly use: Qwen3Use;
	readonly tokens: number;
	readonly mostTokens: number;
	readonly fingerprint: string;
	/** Names of the weights that it uses. */
	readonly used: readonly string[];
	readonly warnings: readonly Warning[];
	readonly prompts: ChatPrompts | undefined;
}

/**
 * Qwen3 as a text encoder: a prompt is a user's message in the chat template, and a row of its condition consists of those hidden states of a token
 * that its pipeline uses, for every skip. Tokens only attend to earlier ones, so a prompt's own rows are the same at any length. The first call of
 * `encode` loads the weights. There is no class row, and rows need no final norm or projection.
 */
export class Qwen3TextEncoder implements TextEncoder {
	readonly name: string;
	/** Width of a row: of all its taps together. */
	readonly width: number;
	readonly heads: number;
	readonly tokens: number;
	readonly mostTokens: number;
	readonly hasClassRow = false;
	readonly hasLengths: boolean;
	readonly fingerprint: string;
	readonly warnings: readonly Warning[];
	readonly weights: TensorSource;
	readonly #parts: Parts;
	readonly #session: LazySession;

	private constructor(parts: Parts) {
		const { options, config, use } = parts;
		this.name = options.name;
		this.width = config.hidden_size * use.taps.length;
		this.heads = config.num_attention_heads;
		this.tokens = parts.tokens;
		this.mostTokens = parts.mostTokens;
		this.hasLengths = !use.keepsPadding;
		this.fingerprint = parts.fingerprint;
		this.warnings = parts.warnings;
		this.weights = options.weights;
		this.#parts = parts;
		this.#session = sessionOf(parts);
	}

	/**
	 * Opens a folder or a hub id of a Qwen3 with its tokenizer.
	 * @throws what `openRepository` and `create` throw.
	 */
	static async fromPretrained(source: WeightsSource, options: Qwen3CheckpointOptions): Promise<Qwen3TextEncoder> {
		return Qwen3TextEncoder.create(await openQwen3(source, options));
	}

	/**
	 * Checks the configuration, the tokenizer and the shape of every weight. Loads no weights yet.
	 * @throws CheckpointError that names the field, token or weight which does not fit; ArgumentError for `use` and `maxLength`
	 */
	static async create(options: Qwen3TextEncoderOptions): Promise<Qwen3TextEncoder> {
		checkNames("Qwen3TextEncoder.create", options, QWEN3_TEXT_OPTIONS);
		const { name, weights, dtype = "auto" } = options;
		const config = parseQwen3Config(options.config, `${name}/config.json`);
		const use = readUse(options.use, config.num_hidden_layers, name);
		const mostTokens = Math.min(LONGEST, config.max_position_embeddings);
		const { maxLength: tokens = Math.min(use.maxLength, mostTokens) } = options;
		checkLength(tokens, mostTokens, `maxLength of ${name}`);
		const prompts = options.tokenizer && new ChatPrompts(options.tokenizer, config, use);
		const built = buildGraph(options, weights, config, { taps: use.taps, mostTokens }).weights;
		const used = built.used();
		// `auto` and `float32` both use the file's own weights, so they have the same fingerprint.
		const settings = [config, use, tokens, ...(dtype === "auto" || dtype === "float32" ? [] : [dtype])];
		const print = await fingerprint(weights, used, settings);
		const unused = built.unused().filter((tensor) => !isOfWholeModel(tensor, config));
		return new Qwen3TextEncoder({
			...{ options, config, use, tokens, mostTokens, used, prompts },
			fingerprint: print,
			warnings: unusedWeights(unused, name),
		});
	}

	tokenize(prompts: readonly string[]): Tensor<"int64"> {
		return this.#needPrompts().encode(prompts, this.tokens).ids;
	}

	overflow(prompts: readonly string[], { tokens = this.tokens }: { tokens?: number | undefined } = {}): string[] {
		return this.#needPrompts().overflow(prompts, tokens);
	}

	#needPrompts(): ChatPrompts {
		return needTokenizer(this.#parts.prompts, this.name);
	}

	async encode(prompts: readonly string[] | Tensor<"int64">, options: EncodeOptions = {}): Promise<TextEncoding> {
		checkNames("encode", options, ENCODE_OPTIONS);
		options.signal?.throwIfAborted();
		const { tokens = this.tokens } = options;
		checkLength(tokens, this.mostTokens, `tokens of ${this.name}`);
		if (!areIds(prompts)) {
			const { ids, lengths } = this.#needPrompts().encode(prompts, tokens);
			return this.#encode(ids, lengths, options);
		}
		const ids = checkIds(prompts, tokens, this.#parts.config.vocab_size);
		const lengths = this.#parts.prompts?.lengthsOf(ids) ?? new Array<number>(ids.dims[0]!).fill(tokens);
		return this.#encode(ids, lengths, options);
	}

	/** Encodes one prompt at a time, so that short ones take less time, and a run can be cancelled between them. */
	async #encode(
		ids: Tensor<"int64">,
		lengths: readonly number[],
		{ signal, onProgress, skips = [-1] }: EncodeOptions,
	): Promise<TextEncoding> {
		const { options, use, used } = this.#parts;
		const [count, tokens] = ids.dims as [number, number];
		const states = new Float32Array(count * tokens * this.width);
		for (const [i, length] of lengths.entries()) {
			const rows = use.keepsPadding ? tokens : length;
			const data = ids.data.slice(i * tokens, i * tokens + rows);
			const feeds = {
				input_ids: { type: "int64", dims: [1, rows], data },
				places: {
					type: "int64",
					dims: [rows],
					data: BigInt64Array.from({ length: rows }, (_, place) => BigInt(place)),
				},
				mask: attentionMask(rows, length),
			} as const;
			const found = await this.#session.use((session) => session.run(feeds, { signal }), { signal });
			states.set(found.rows!.data, i * tokens * this.width);
			onProgress?.(i + 1, count);
		}
		await checkEncoded(this, { weights: options.weights, used, signal }, [states]);
		const output = float32(states, [count, tokens, this.width]);
		return {
			hidden: Object.fromEntries(skips.map((skip) => [skip, output])),
			classRows: undefined,
			features: undefined,
			lengths: use.keepsPadding ? undefined : lengths,
		};
	}

	/** Returns the rows unchanged. */
	async normalize(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		return rows;
	}

	/** Returns the rows unchanged. */
	async project(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		return rows;
	}

	/** Frees the weights when the current encodings have ended. They load again at their next use. */
	release(): Promise<void> {
		return this.#session.release();
	}
}

function checkLength(tokens: number, most: number, what: string): void {
	if (Number.isInteger(tokens) && tokens >= 1 && tokens <= most) return;
	throw new ArgumentError({ what, expected: `an integer from 1 to ${most}`, found: shown(tokens) });
}

/** Other tensors of a whole model's file: layers after the last tap, the final norm and the output layer. */
function isOfWholeModel(tensor: string, { num_hidden_layers }: Qwen3Config): boolean {
	const layer = /^(?:model\.)?layers\.(\d+)\./.exec(tensor)?.[1];
	return layer === undefined ? /^(lm_head|(model\.)?norm)\.weight$/.test(tensor) : Number(layer) < num_hidden_layers;
}

function sessionOf({ options, config, use, mostTokens }: Parts): LazySession {
	const { device, threads, weights } = options;
	const build = (source: WeightSource) => buildGraph(options, source, config, { taps: use.taps, mostTokens }).graph;
	const load = async (signal: AbortSignal) =>
		build(await quantize(weights, { ...weightOptions(options), outliers: true, build, signal }));
	return new LazySession(load, { device, threads });
}
