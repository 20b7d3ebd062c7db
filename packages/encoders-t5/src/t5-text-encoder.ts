import { createHash } from "node:crypto";
import { type Device, Graph, precisionOn, Session } from "@drum/graph";
import {
	ArgumentError,
	CheckpointError,
	type EncodeOptions,
	float32,
	type Skip,
	type Tensor,
	type TextEncoder,
	type TextEncoding,
} from "@drum/tensor";
import type { Checkpoint } from "@drum/tensor/node";
import { parseT5Config, type T5Config } from "./config.ts";
import { t5EncoderModel } from "./t5-encoder-model.ts";
import { T5Tokenizer, type T5TokenizerFiles } from "./tokenizer.ts";

export interface T5TextEncoderOptions {
	/** Names the encoder in messages. */
	name: string;
	/** Contents of `config.json`. */
	config: unknown;
	/** Of one file, or of an index of several. */
	weights: Checkpoint;
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
	readonly hasClassRow = false;
	readonly fingerprint: string;
	readonly #options: T5TextEncoderOptions;
	readonly #config: T5Config;
	readonly #skips: readonly Skip[];
	readonly #tokenizer: T5Tokenizer | undefined;
	#session: Promise<Session> | undefined;
	/** Encodings under way, which a release lets end. */
	readonly #encodings = new Set<Promise<TextEncoding>>();

	private constructor(options: T5TextEncoderOptions, config: T5Config, tokens: number, fingerprint: string) {
		this.name = options.name;
		this.width = config.d_model;
		this.heads = config.num_heads;
		this.tokens = tokens;
		this.fingerprint = fingerprint;
		this.#options = options;
		this.#config = config;
		this.#skips = options.skips ?? [-1];
		this.#tokenizer = options.tokenizer && new T5Tokenizer(options.tokenizer);
	}

	/**
	 * Checks configuration, tokenizer and the shape of every weight; loads nothing yet.
	 * @throws CheckpointError naming the field, token or weight that does not fit; ArgumentError for `maxLength`.
	 */
	static async create(options: T5TextEncoderOptions): Promise<T5TextEncoder> {
		const { name, weights, maxLength = 256 } = options;
		const config = parseT5Config(options.config, `${name}/config.json`);
		if (!Number.isInteger(maxLength) || maxLength < 1 || maxLength > LONGEST)
			throw new ArgumentError({
				what: `maxLength of ${name}`,
				expected: `an integer from 1 to ${LONGEST}`,
				found: String(maxLength),
			});
		const encoder = new T5TextEncoder(options, config, maxLength, await fingerprint(weights, config, maxLength));
		encoder.#build();
		return encoder;
	}

	tokenize(prompts: readonly string[]): Tensor<"int64"> {
		if (!this.#tokenizer) {
			throw new ArgumentError({
				what: this.name,
				expected: "a tokenizer",
				found: "none",
				next: "Encode ids, or give one",
			});
		}
		return this.#tokenizer.encode(prompts, this.tokens);
	}

	async encode(prompts: readonly string[] | Tensor<"int64">, options: EncodeOptions = {}): Promise<TextEncoding> {
		options.signal?.throwIfAborted();
		const encoding = this.#encode(this.#checkIds("dims" in prompts ? prompts : this.tokenize(prompts)), options);
		this.#encodings.add(encoding);
		try {
			return await encoding;
		} finally {
			this.#encodings.delete(encoding);
		}
	}

	async #encode(ids: Tensor<"int64">, { signal, onProgress }: EncodeOptions): Promise<TextEncoding> {
		const count = ids.dims[0]!;
		const states = new Float32Array(count * this.tokens * this.width);
		if (count > 0) this.#session ??= this.#load();
		const session = await this.#session;
		// One at a time: a prompt's 256 rows fill the processor, and a run can only be cancelled between prompts.
		for (let i = 0; i < count; i++) {
			const row = ids.data.slice(i * this.tokens, (i + 1) * this.tokens);
			const feeds = { input_ids: { type: "int64", dims: [1, this.tokens], data: row } } as const;
			const { hidden } = await session!.run(feeds, { signal });
			states.set(hidden!.data, i * this.tokens * this.width);
			onProgress?.(i + 1, count);
		}
		const output = float32(states, [count, this.tokens, this.width]);
		return {
			hidden: Object.fromEntries(this.#skips.map((skip) => [skip, output])),
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
	async release(): Promise<void> {
		const session = this.#session;
		this.#session = undefined;
		await Promise.allSettled(this.#encodings);
		// A load that failed was told to those who waited for it.
		await (await session?.catch(() => undefined))?.release();
	}

	/** Once for all calls that wait for it, so that none of them can cancel that. */
	async #load(): Promise<Session> {
		const { device, threads } = this.#options;
		try {
			return await Session.create(this.#build(), { device, threads });
		} catch (error) {
			this.#session = undefined;
			throw error;
		}
	}

	#build() {
		const { name, weights, device = "cpu" } = this.#options;
		const stored = weights.get("encoder.block.0.layer.0.SelfAttention.q.weight")?.type ?? "float32";
		const graph = new Graph({ name, precision: precisionOn(device, stored) });
		const ids = graph.input("input_ids", "int64", ["batch", this.tokens]);
		const w = graph.weights(weights);
		const hidden = t5EncoderModel(w, this.#config, ids, this.tokens);
		const unused = w
			.at("encoder")
			.unused()
			.find((tensor) => !tensor.startsWith("encoder.embed_tokens."));
		if (unused) {
			const next = "Check that the checkpoint and its config.json belong together";
			throw new CheckpointError({ what: `weights ${weights.name}`, expected: "T5 v1.1's", found: unused, next });
		}
		return graph.build({ hidden });
	}

	#checkIds(ids: Tensor<"int64">): Tensor<"int64"> {
		const { vocab_size } = this.#config;
		if (ids.dims.length !== 2 || ids.dims[1] !== this.tokens) {
			throw new ArgumentError({
				what: "ids",
				expected: `[prompts, ${this.tokens}]`,
				found: `[${ids.dims.join(", ")}]`,
			});
		}
		const wrong = ids.data.findIndex((id) => id < 0n || id >= BigInt(vocab_size));
		if (wrong !== -1) {
			const found = `${ids.data[wrong]} at ${Math.floor(wrong / this.tokens)}, ${wrong % this.tokens}`;
			throw new ArgumentError({ what: "ids", expected: `from 0 to ${vocab_size - 1}`, found });
		}
		return ids;
	}
}

/** Hashes the settings, the tensors' names, types and shapes, and the norms' values, which differ between any two trainings. */
async function fingerprint(weights: Checkpoint, config: T5Config, tokens: number): Promise<string> {
	const hash = createHash("sha256").update(JSON.stringify([config, tokens]));
	for (const name of [...weights.names()].sort()) {
		const { type, dims, length } = weights.get(name)!;
		hash.update(JSON.stringify([name, type, dims]));
		if (dims.length < 2 && length < 1 << 16) hash.update(new Uint8Array((await weights.read(name)).data.buffer));
	}
	return hash.digest("hex").slice(0, 32);
}
