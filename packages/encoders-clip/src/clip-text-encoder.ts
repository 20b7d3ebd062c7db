import {
	checkEncoded,
	type LoraLayers,
	type LoraPrint,
	type LoraTextEncoder,
	loraFeeds,
	type ScaledLora,
	type Session,
	takeLoras,
	unusedWeights,
} from "@drum/graph";
import type { WeightsSource } from "@drum/hub";
import {
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
	readTensor,
	type Tensor,
	type TensorSource,
	type TextEncoding,
	toFloat32,
	type Warning,
} from "@drum/tensor";
import { LearnedTokens, needTokenizer } from "@drum/tokens";
import { classRow } from "./class-row.ts";
import { buildTextGraph, isStray, PROJECTION } from "./clip-text-graph.ts";
import { CLIP_TEXT_OPTIONS, type CLIPTextEncoderOptions } from "./clip-text-options.ts";
import type { CLIPTextParts } from "./clip-text-parts.ts";
import { CLIPTextSessions } from "./clip-text-sessions.ts";
import { parseCLIPTextConfig } from "./config.ts";
import type { CLIPTextCheckpointOptions } from "./open-checkpoint.ts";
import { openTokenizer } from "./open-tokenizer.ts";
import { layerNormRows, projectRows } from "./rows.ts";

/** Prompts of a batch: more than 16 gain nothing, and a run can only be cancelled between batches. */
const BATCH = 16;

/** CLIP's text tower (ViT-L, ViT-H, ViT-bigG, or another with such a configuration). The first call of `encode` loads its weights. */
export class CLIPTextEncoder implements LoraTextEncoder {
	readonly name: string;
	readonly width: number;
	readonly heads: number;
	readonly tokens: number;
	readonly layers: number;
	readonly hasClassRow = true;
	readonly warnings: readonly Warning[];
	readonly weights: TensorSource;
	#parts: CLIPTextParts;

	private constructor(parts: CLIPTextParts) {
		const { options, config, tokens } = parts;
		this.name = options.name;
		this.width = config.hidden_size;
		this.heads = config.num_attention_heads;
		this.tokens = tokens;
		this.layers = config.num_hidden_layers;
		this.warnings = parts.warnings;
		this.weights = options.weights;
		this.#parts = parts;
	}

	/**
	 * Opens the text encoder of a CLIP checkpoint: a folder or a hub id such as `openai/clip-vit-large-patch14`, of a whole model or only of its text
	 * encoder. A single file of weights, such as `clip_l.safetensors`, `clip_g.safetensors` or OpenCLIP's, gets the published configuration and
	 * vocabulary of ViT-L, ViT-H or ViT-bigG.
	 * @throws what `openRepository` and `create` throw.
	 */
	static async fromPretrained(
		source: WeightsSource,
		options: CLIPTextCheckpointOptions = {},
	): Promise<CLIPTextEncoder> {
		return CLIPTextEncoder.create(
			await (await loadPart(() => import("./open-checkpoint.ts"))).openCLIPText(source, options),
		);
	}

	/**
	 * Checks the configuration, the tokenizer and the shape of every weight. Loads no weights yet.
	 * @throws CheckpointError that names the field, token or weight which does not fit
	 */
	static async create(options: CLIPTextEncoderOptions): Promise<CLIPTextEncoder> {
		checkNames("CLIPTextEncoder.create", options, CLIP_TEXT_OPTIONS);
		const config = parseCLIPTextConfig(options.config, `${options.name}/config.json`);
		const tokenizer = options.tokenizer && openTokenizer(options.tokenizer, config);
		const tokens = tokenizer?.length ?? config.max_position_embeddings;
		const { weights } = buildTextGraph(options, config, tokens);
		const used = weights.used();
		const { dtype = "auto" } = options;
		const read = tokens === config.max_position_embeddings ? config : { ...config, tokens };
		// `auto` and `float32` both use the file's own weights, so they have the same fingerprint.
		const settings = dtype === "auto" || dtype === "float32" ? read : [read, dtype];
		const print = await fingerprint(options.weights, used, settings, "text_model.");
		return new CLIPTextEncoder({
			...{ options, config, tokens, used, fingerprint: print, loras: [], rows: new Map() },
			learned:
				tokenizer && new LearnedTokens(tokenizer.rows, [], { first: config.vocab_size, width: config.hidden_size }),
			warnings: unusedWeights(weights.unused().filter(isStray), options.name),
			sessions: new CLIPTextSessions(options, config, tokens),
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
		const { options, config, sessions } = this.#parts;
		const learned = this.#needLearned().instead(tokens);
		this.#parts = { ...this.#parts, learned, sessions: new CLIPTextSessions(options, config, this.tokens, tokens) };
		await sessions.release();
	}

	/** @throws CheckpointError that names a factor which does not fit its layer */
	async checkLora(layers: LoraLayers): Promise<readonly string[]> {
		const { options, config, tokens } = this.#parts;
		const weights = await takeLoras(options.weights, [layers], { norms: false });
		return buildTextGraph({ ...options, weights }, config, tokens).weights.unusedLoras();
	}

	withLoras(loras: readonly ScaledLora[], print: LoraPrint): CLIPTextEncoder {
		return new CLIPTextEncoder({ ...this.#parts, loras, print });
	}

	tokenize(prompts: readonly string[]): Tensor<"int64"> {
		return this.#needLearned().rows.encode(prompts, this.tokens);
	}

	overflow(prompts: readonly string[]): string[] {
		return this.#needLearned().rows.overflow(prompts, this.tokens);
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
		const { config, learned } = this.#parts;
		if (!areIds(prompts)) return this.#encode(this.tokenize(prompts), options);
		return this.#encode(checkIds(prompts, this.tokens, learned?.end ?? config.vocab_size), options);
	}

	async #encode(ids: Tensor<"int64">, { signal, onProgress, skips: asked }: EncodeOptions): Promise<TextEncoding> {
		const { options, config, loras, used, sessions } = this.#parts;
		const { weights } = options;
		const { skips, session: lazy } = sessions.of(asked);
		const [count, tokens] = ids.dims as [number, number];
		const classRows = Array.from({ length: count }, (_, row) =>
			classRow(ids.data.subarray(row * tokens, (row + 1) * tokens), config.eos_token_id),
		);
		const hidden = skips.map(() => new Float32Array(count * tokens * this.width));
		const featureWidth = weights.get(PROJECTION)?.dims[0] ?? this.width;
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
						...loraFeeds(loras),
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
		if (count > 0) await lazy.use(encodeBatches, { signal, loras });
		await checkEncoded(this, { weights, used, signal }, [...hidden, features]);
		return {
			hidden: Object.fromEntries(skips.map((skip, i) => [skip, float32(hidden[i]!, [count, tokens, this.width])])),
			classRows,
			features: float32(features, [count, featureWidth]),
		};
	}

	async normalize(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		const [weight, bias] = await Promise.all(["weight", "bias"].map((name) => this.#read(`final_layer_norm.${name}`)));
		return layerNormRows(rows, weight!, bias!, this.#parts.config.layer_norm_eps);
	}

	async project(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		const { loras, sessions } = this.#parts;
		if (!this.weights.get(PROJECTION)) return rows;
		const isChanged = loras.some(({ layers }) => layers.modules.some(({ path }) => `${path}.weight` === PROJECTION));
		return isChanged ? sessions.project(rows, loras) : projectRows(rows, await this.#read(PROJECTION));
	}

	/** Frees the model's memory when the current encodings have ended. It loads again at its next use. */
	async release(): Promise<void> {
		this.#parts.rows.clear();
		await this.#parts.sessions.release();
	}

	/** Reads a weight once, because every condition needs it. */
	#read(name: string): Promise<Float32Array> {
		const { weights } = this;
		const { rows: known } = this.#parts;
		const stored = weights.get(`text_model.${name}`) ? `text_model.${name}` : name;
		const rows = known.get(name) ?? readTensor(weights, stored).then((tensor) => toFloat32(tensor!));
		known.set(name, rows);
		rows.catch(() => known.delete(name));
		return rows;
	}
}
