import { type BuiltGraph, type Device, Graph, precisionOn, Session } from "@drum/graph";
import {
	ArgumentError,
	type EncodeOptions,
	float32,
	type Skip,
	sizeOf,
	type Tensor,
	type TextEncoder,
	type TextEncoding,
	toFloat32,
} from "@drum/tensor";
import type { Checkpoint } from "@drum/tensor/node";
import { clipTextModel } from "./clip-text-model.ts";
import { type CLIPTextConfig, parseCLIPTextConfig } from "./config.ts";
import { fingerprint } from "./fingerprint.ts";
import { layerNormRows, projectRows } from "./rows.ts";
import { CLIPTokenizer, type TokenizerFiles } from "./tokenizer.ts";

export interface CLIPTextEncoderOptions {
	/** Names the encoder in messages. */
	name: string;
	/** Contents of `config.json`. */
	config: unknown;
	weights: Checkpoint;
	/** Without one, only ids can be encoded. */
	tokenizer?: TokenizerFiles | undefined;
	/** Hidden states to give. Default `[-1]`. */
	skips?: readonly Skip[] | undefined;
	/** Default `"cpu"`. */
	device?: Device | undefined;
	threads?: number | undefined;
}

/** Prompts encoded at once: past 16 nothing is gained, and a run can only be cancelled between batches. */
const BATCH = 16;

/** CLIP's text tower (ViT-L, ViT-H, ViT-bigG, or any of its configuration). Its weights are loaded when it first encodes. */
export class CLIPTextEncoder implements TextEncoder {
	readonly name: string;
	readonly width: number;
	readonly heads: number;
	readonly tokens: number;
	readonly hasClassRow = true;
	readonly fingerprint: string;
	readonly #options: CLIPTextEncoderOptions;
	readonly #config: CLIPTextConfig;
	readonly #skips: readonly Skip[];
	readonly #tokenizer: CLIPTokenizer | undefined;
	#session: Promise<Session> | undefined;
	/** Encodings under way, which a release lets end. */
	readonly #encodings = new Set<Promise<TextEncoding>>();

	private constructor(options: CLIPTextEncoderOptions, config: CLIPTextConfig, fingerprint: string) {
		this.name = options.name;
		this.width = config.hidden_size;
		this.heads = config.num_attention_heads;
		this.tokens = config.max_position_embeddings;
		this.fingerprint = fingerprint;
		this.#options = options;
		this.#config = config;
		this.#skips = options.skips ?? [-1];
		this.#tokenizer = options.tokenizer && new CLIPTokenizer(options.tokenizer);
	}

	/**
	 * Checks configuration, tokenizer and the shape of every weight; loads nothing yet.
	 * @throws CheckpointError naming the field, token or weight that does not fit.
	 */
	static async create(options: CLIPTextEncoderOptions): Promise<CLIPTextEncoder> {
		const config = parseCLIPTextConfig(options.config, `${options.name}/config.json`);
		const { used } = buildGraph(options, config);
		return new CLIPTextEncoder(options, config, await fingerprint(options.weights, used, config));
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
		const encoding = this.#encode("dims" in prompts ? this.#checkIds(prompts) : this.tokenize(prompts), options);
		this.#encodings.add(encoding);
		try {
			return await encoding;
		} finally {
			this.#encodings.delete(encoding);
		}
	}

	async #encode(ids: Tensor<"int64">, { signal, onProgress }: EncodeOptions): Promise<TextEncoding> {
		const [count, tokens] = ids.dims as [number, number];
		const classRows = Array.from({ length: count }, (_, row) =>
			this.#classRow(ids.data.subarray(row * tokens, (row + 1) * tokens)),
		);
		const hidden = this.#skips.map(() => new Float32Array(count * tokens * this.width));
		const featureWidth = this.#options.weights.get("text_projection.weight")?.dims[0] ?? this.width;
		const features = new Float32Array(count * featureWidth);
		if (count > 0) this.#session ??= this.#load();
		const session = await this.#session;
		for (let from = 0; from < count; from += BATCH) {
			const to = Math.min(from + BATCH, count);
			const outputs = await session!.run(
				{
					input_ids: { type: "int64", dims: [to - from, tokens], data: ids.data.subarray(from * tokens, to * tokens) },
					end_of_text: {
						type: "int64",
						dims: [to - from],
						data: BigInt64Array.from(classRows.slice(from, to), BigInt),
					},
				},
				{ signal },
			);
			for (const [i, skip] of this.#skips.entries()) {
				hidden[i]!.set(outputs[`hidden${skip}`]!.data, from * tokens * this.width);
			}
			features.set(outputs.features!.data, from * featureWidth);
			onProgress?.(to, count);
		}
		return {
			hidden: Object.fromEntries(
				this.#skips.map((skip, i) => [skip, float32(hidden[i]!, [count, tokens, this.width])]),
			),
			classRows,
			features: float32(features, [count, featureWidth]),
		};
	}

	async normalize(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		const [weight, bias] = await Promise.all(["weight", "bias"].map((name) => this.#read(`final_layer_norm.${name}`)));
		return layerNormRows(rows, weight!, bias!, this.#config.layer_norm_eps);
	}

	async project(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		const { weights } = this.#options;
		if (!weights.get("text_projection.weight")) return rows;
		return projectRows(rows, toFloat32(await weights.read("text_projection.weight")));
	}

	/** Frees the model's memory once the encodings under way have ended. It loads again when it next encodes. */
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
			return await Session.create(buildGraph(this.#options, this.#config).graph, { device, threads });
		} catch (error) {
			this.#session = undefined;
			throw error;
		}
	}

	/** The largest id's place in a legacy configuration (`eos_token_id` 2), otherwise the first end of text. */
	#classRow(ids: BigInt64Array): number {
		if (this.#config.eos_token_id !== 2) return Math.max(0, ids.indexOf(BigInt(this.#config.eos_token_id)));
		return ids.reduce((best, id, i) => (id > ids[best]! ? i : best), 0);
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
		if (ids.type !== "int64" || ids.data.length !== sizeOf(ids.dims)) {
			const found = `${ids.type}, ${ids.data.length} elements`;
			throw new ArgumentError({ what: "ids", expected: `int64, ${sizeOf(ids.dims)} elements`, found });
		}
		const wrong = ids.data.findIndex((id) => id < 0n || id >= BigInt(vocab_size));
		if (wrong !== -1) {
			const found = `${ids.data[wrong]} at ${Math.floor(wrong / this.tokens)}, ${wrong % this.tokens}`;
			throw new ArgumentError({ what: "ids", expected: `from 0 to ${vocab_size - 1}`, found });
		}
		return ids;
	}

	async #read(name: string): Promise<Float32Array> {
		const { weights } = this.#options;
		return toFloat32(await weights.read(weights.get(`text_model.${name}`) ? `text_model.${name}` : name));
	}
}

/** The graph, and the names of the weights it uses. */
function buildGraph(options: CLIPTextEncoderOptions, config: CLIPTextConfig): { graph: BuiltGraph; used: string[] } {
	const { name, weights, skips = [-1], device = "cpu" } = options;
	const names = [...weights.names()];
	const stored = names.map((tensor) => weights.get(tensor)!.type).find((type) => /float/.test(type)) ?? "float32";
	const graph = new Graph({ name, precision: precisionOn(device, stored) });
	const ids = graph.input("input_ids", "int64", ["batch", config.max_position_embeddings]);
	const endOfText = graph.input("end_of_text", "int64", ["batch"]);
	const w = graph.weights(weights);
	const { hiddenStates, textFeatures } = clipTextModel(w, config, ids, endOfText);
	const hidden = skips.map((skip) => [`hidden${skip}`, hiddenStates.at(skip)!] as const);
	const unused = new Set(w.unused());
	return {
		graph: graph.build({ ...Object.fromEntries(hidden), features: textFeatures }),
		used: names.filter((tensor) => !unused.has(tensor)),
	};
}
