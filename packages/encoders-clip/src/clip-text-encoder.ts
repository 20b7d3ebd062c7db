import { checkEncoded, LazySession, type Session, unusedWeights } from "@drum/graph";
import {
	ArgumentError,
	checkIds,
	checkNames,
	ENCODE_OPTIONS,
	type EncodeOptions,
	float32,
	type PromptIds,
	type Skip,
	shown,
	type Tensor,
	type TextEncoder,
	type TextEncoding,
	toFloat32,
	type Warning,
} from "@drum/tensor";
import { fingerprint, readTensor } from "@drum/tensor/node";
import { buildTextGraph } from "./clip-text-graph.ts";
import { CLIP_TEXT_OPTIONS, type CLIPTextEncoderOptions } from "./clip-text-options.ts";
import { type CLIPTextConfig, parseCLIPTextConfig } from "./config.ts";
import { type CLIPCheckpointOptions, openCLIP, openCLIPFile, readTokenizer } from "./open-checkpoint.ts";
import { openTokenizer } from "./open-tokenizer.ts";
import { layerNormRows, projectRows } from "./rows.ts";
import type { CLIPTokenizer } from "./tokenizer.ts";

/** Prompts encoded at once: past 16 nothing is gained, and a run can only be cancelled between batches. */
const BATCH = 16;

/** CLIP's text tower (ViT-L, ViT-H, ViT-bigG, or any of its configuration). Its weights are loaded when it first encodes. */
export class CLIPTextEncoder implements TextEncoder {
	readonly name: string;
	readonly width: number;
	readonly heads: number;
	readonly tokens: number;
	readonly layers: number;
	readonly hasClassRow = true;
	readonly fingerprint: string;
	readonly warnings: readonly Warning[];
	readonly #options: CLIPTextEncoderOptions;
	readonly #config: CLIPTextConfig;
	readonly #skips: readonly Skip[];
	readonly #tokenizer: CLIPTokenizer | undefined;
	readonly #session: LazySession;
	/** Those for hidden states that it was not made for, by their skips. */
	readonly #others = new Map<string, LazySession>();
	/** The weights that it computes with. */
	readonly #used: readonly string[];
	/** The final norm's and the projection's weights, as they have been asked for. */
	readonly #rows = new Map<string, Promise<Float32Array>>();

	private constructor(
		options: CLIPTextEncoderOptions,
		config: CLIPTextConfig,
		tokenizer: CLIPTokenizer | undefined,
		fingerprint: string,
		used: readonly string[],
		unused: readonly string[],
	) {
		this.name = options.name;
		this.width = config.hidden_size;
		this.heads = config.num_attention_heads;
		this.tokens = tokenizer?.length ?? config.max_position_embeddings;
		this.layers = config.num_hidden_layers;
		this.fingerprint = fingerprint;
		this.#used = used;
		this.warnings = unusedWeights(
			unused.filter((tensor) => !OF_WHOLE_CLIP.test(tensor)),
			options.name,
		);
		this.#options = options;
		this.#config = config;
		this.#skips = options.skips ?? [-1];
		this.#tokenizer = tokenizer;
		const { device, threads } = options;
		this.#session = new LazySession(() => buildTextGraph(options, config, this.tokens).graph, { device, threads });
	}

	/**
	 * Opens the text encoder of a CLIP checkpoint: a folder or a hub id such as `openai/clip-vit-large-patch14`, of a whole
	 * model or of its text encoder; or a file of its weights alone, as `clip_l.safetensors`, `clip_g.safetensors` or OpenCLIP's, with the
	 * published configuration and vocabulary of ViT-L, ViT-H or ViT-bigG.
	 * @throws what `openRepository` and `create` throw.
	 */
	static async fromPretrained(source: string, options: CLIPCheckpointOptions = {}): Promise<CLIPTextEncoder> {
		const { device, threads } = options;
		const file = await openCLIPFile(source, options);
		if (file) return CLIPTextEncoder.create({ ...file, device, threads });
		const { repository, config, open } = await openCLIP(source, options);
		const { name } = repository;
		parseCLIPTextConfig(config, `${name}/config.json`);
		const tokenizer = await readTokenizer(repository);
		return CLIPTextEncoder.create({ name, config, tokenizer, device, threads, weights: await open() });
	}

	/**
	 * Checks configuration, tokenizer and the shape of every weight; loads nothing yet.
	 * @throws CheckpointError naming the field, token or weight that does not fit.
	 */
	static async create(options: CLIPTextEncoderOptions): Promise<CLIPTextEncoder> {
		checkNames("CLIPTextEncoder.create", options, CLIP_TEXT_OPTIONS);
		const config = parseCLIPTextConfig(options.config, `${options.name}/config.json`);
		const tokenizer = options.tokenizer && openTokenizer(options.tokenizer, config);
		const tokens = tokenizer?.length ?? config.max_position_embeddings;
		const { weights } = buildTextGraph(options, config, tokens);
		const used = weights.used();
		const settings = tokens === config.max_position_embeddings ? config : { ...config, tokens };
		const print = await fingerprint(options.weights, used, settings, "text_model.");
		return new CLIPTextEncoder(options, config, tokenizer, print, used, weights.unused());
	}

	tokenize(prompts: readonly string[]): Tensor<"int64"> {
		return this.#needTokenizer().encode(prompts, this.tokens);
	}

	overflow(prompts: readonly string[]): string[] {
		return this.#needTokenizer().overflow(prompts, this.tokens);
	}

	get promptIds(): PromptIds | undefined {
		return this.#tokenizer?.rows;
	}

	#needTokenizer(): CLIPTokenizer {
		if (this.#tokenizer) return this.#tokenizer;
		const next = "Encode ids, or give one";
		throw new ArgumentError({ what: this.name, expected: "a tokenizer", found: "none", next });
	}

	async encode(prompts: readonly string[] | Tensor<"int64">, options: EncodeOptions = {}): Promise<TextEncoding> {
		checkNames("encode", options, ENCODE_OPTIONS);
		options.signal?.throwIfAborted();
		const given = "dims" in prompts ? checkIds(prompts, this.tokens, this.#config.vocab_size) : this.tokenize(prompts);
		return this.#encode(given, options);
	}

	async #encode(ids: Tensor<"int64">, { signal, onProgress, skips: asked }: EncodeOptions): Promise<TextEncoding> {
		const skips = asked ?? this.#skips;
		const lazy = asked ? this.#sessionOf(asked) : this.#session;
		const [count, tokens] = ids.dims as [number, number];
		const classRows = Array.from({ length: count }, (_, row) =>
			this.#classRow(ids.data.subarray(row * tokens, (row + 1) * tokens)),
		);
		const hidden = skips.map(() => new Float32Array(count * tokens * this.width));
		const featureWidth = this.#options.weights.get("text_projection.weight")?.dims[0] ?? this.width;
		const features = new Float32Array(count * featureWidth);
		const encodeBatches = async (session: Session) => {
			for (let from = 0; from < count; from += BATCH) {
				const to = Math.min(from + BATCH, count);
				const rows = ids.data.subarray(from * tokens, to * tokens);
				const ends = BigInt64Array.from(classRows.slice(from, to), BigInt);
				const outputs = await session.run(
					{
						input_ids: { type: "int64", dims: [to - from, tokens], data: rows },
						end_of_text: { type: "int64", dims: [to - from], data: ends },
					},
					{ signal },
				);
				for (const [i, skip] of skips.entries()) {
					hidden[i]!.set(outputs[`hidden${skip}`]!.data, from * tokens * this.width);
				}
				features.set(outputs.features!.data, from * featureWidth);
				onProgress?.(to, count);
			}
		};
		if (count > 0) await lazy.use(encodeBatches, { signal });
		await checkEncoded(this, { weights: this.#options.weights, used: this.#used, signal }, [...hidden, features]);
		return {
			hidden: Object.fromEntries(skips.map((skip, i) => [skip, float32(hidden[i]!, [count, tokens, this.width])])),
			classRows,
			features: float32(features, [count, featureWidth]),
		};
	}

	async normalize(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		const [weight, bias] = await Promise.all(["weight", "bias"].map((name) => this.#read(`final_layer_norm.${name}`)));
		return layerNormRows(rows, weight!, bias!, this.#config.layer_norm_eps);
	}

	async project(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		if (!this.#options.weights.get("text_projection.weight")) return rows;
		return projectRows(rows, await this.#read("text_projection.weight"));
	}

	/** Frees the model's memory once the encodings under way have ended. It loads again when it next encodes. */
	async release(): Promise<void> {
		this.#rows.clear();
		const others = [...this.#others.values()];
		this.#others.clear();
		await Promise.all([this.#session, ...others].map((session) => session.release()));
	}

	/** Of hidden states that it was not made for: loaded beside the other, so that both serve calls in turn. */
	#sessionOf(skips: readonly Skip[]): LazySession {
		const wrong = skips.find((skip) => !(Number.isInteger(skip) && skip <= -1 && skip >= -this.layers - 1));
		if (wrong !== undefined || skips.length === 0) {
			const expected = `integers from ${-this.layers - 1} to -1`;
			throw new ArgumentError({ what: `skips of ${this.name}`, expected, found: shown(skips) });
		}
		if (skips.every((skip) => this.#skips.includes(skip))) return this.#session;
		const key = skips.join();
		const { device, threads } = this.#options;
		const build = () => buildTextGraph({ ...this.#options, skips }, this.#config, this.tokens).graph;
		const session = this.#others.get(key) ?? new LazySession(build, { device, threads });
		this.#others.set(key, session);
		return session;
	}

	/** The largest id's place in a legacy configuration (`eos_token_id` 2), otherwise the first end of text. */
	#classRow(ids: BigInt64Array): number {
		if (this.#config.eos_token_id !== 2) return Math.max(0, ids.indexOf(BigInt(this.#config.eos_token_id)));
		return ids.reduce((best, id, i) => (id > ids[best]! ? i : best), 0);
	}

	/** Read once, since every condition needs them. */
	#read(name: string): Promise<Float32Array> {
		const { weights } = this.#options;
		const stored = weights.get(`text_model.${name}`) ? `text_model.${name}` : name;
		const rows = this.#rows.get(name) ?? readTensor(weights, stored).then((tensor) => toFloat32(tensor!));
		this.#rows.set(name, rows);
		rows.catch(() => this.#rows.delete(name));
		return rows;
	}
}

/** What a file of a whole CLIP has beside its text tower. */
const OF_WHOLE_CLIP = /^(vision_model|visual_projection|visual)\.|^logit_scale$/;
