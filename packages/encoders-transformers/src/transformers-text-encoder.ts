import {
	ArgumentError,
	areIds,
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
} from "@drum/tensor";
import { checked, classRows, encodeIds } from "./encode-ids.ts";
import { fingerprintOf } from "./export-bytes.ts";
import type { ExportConfig } from "./export-kind.ts";
import { noHead } from "./export-outputs.ts";
import { type OpenedExport, openExport } from "./open-export.ts";
import { DTYPES, OPTIONS, type TransformersTextEncoderOptions } from "./options.ts";
import { feed } from "./sessions.ts";
import { warnUnusedRevision } from "./unused-revision.ts";

/** Rows of a T5's prompt: what the published adapter was trained with, and the most that pipelines ask for. */
const T5_ROWS = 256;
const MOST_ROWS = 512;

/**
 * A text encoder as an ONNX export that transformers.js runs: CLIP, T5, or any other that gives hidden states of ids. It computes in the
 * caller's thread, as transformers.js does.
 */
export class TransformersTextEncoder implements TextEncoder {
	readonly name: string;
	readonly width: number;
	readonly heads: number;
	readonly tokens: number;
	readonly layers: number | undefined;
	readonly mostTokens: number | undefined;
	readonly hasClassRow: boolean;
	readonly fingerprint: string;
	readonly #skips: readonly Skip[];
	readonly #opened: OpenedExport;

	private constructor(name: string, opened: OpenedExport, skips: readonly Skip[], tokens: number, fingerprint: string) {
		const { config, outputs } = opened;
		this.name = name;
		this.width = config.width;
		this.heads = config.heads;
		this.tokens = tokens;
		this.layers = outputs.hasAll ? config.layers : undefined;
		this.mostTokens = config.positions === undefined ? MOST_ROWS : undefined;
		this.hasClassRow = config.kind.hasClassRow;
		this.fingerprint = fingerprint;
		this.#skips = skips;
		this.#opened = opened;
	}

	/**
	 * Opens an export as transformers.js lays it out: `config.json`, `tokenizer.json`, `tokenizer_config.json`, and in `onnx/` a
	 * `text_model.onnx` (CLIP), `encoder_model.onnx` (T5) or `model.onnx` (others). Where files are looked for and kept is transformers.js's own
	 * `env`. The model is loaded, since only then it says what it gives.
	 * @param source a hub id, which `env.localModelPath` may have too; or a folder, absolute or beginning with `./`
	 * @throws ArgumentError for an option; FileError where a file is missing; CheckpointError for one that does not fit, and for an output
	 * that was not exported, naming it and what to do; DeviceError.
	 */
	static async fromPretrained(
		source: string,
		options: TransformersTextEncoderOptions = {},
	): Promise<TransformersTextEncoder> {
		checkNames("TransformersTextEncoder.fromPretrained", options, OPTIONS);
		const { skips = [-1], dtype } = options;
		if (typeof source !== "string" || source === "")
			throw new ArgumentError({ what: "source", expected: "a hub id or a folder", found: shown(source) });
		const { revision, device, threads } = options;
		for (const [what, given] of Object.entries({ revision, device })) {
			if (given === undefined || (typeof given === "string" && given !== "")) continue;
			throw new ArgumentError({ what, expected: "a name", found: shown(given) });
		}
		if (threads !== undefined && !(Number.isInteger(threads) && threads >= 0))
			throw new ArgumentError({ what: "threads", expected: "a whole number", found: shown(threads) });
		if (dtype !== undefined && !DTYPES.includes(dtype))
			throw new ArgumentError({ what: "dtype", expected: `one of ${DTYPES.join(", ")}`, found: shown(dtype) });
		await warnUnusedRevision(source, options);
		const opened = await openExport(source, options);
		try {
			const { config, outputs, files } = opened;
			outputs.hidden(skips);
			outputs.checkFeatures();
			if (config.kind.hasClassRow && skips.length > 0 && !opened.head) throw noHead(source);
			const tokens = rowsOf(options.tokens, config);
			const settings = [config, tokens];
			const print = await fingerprintOf(source, options.revision ?? "main", files, settings);
			return new TransformersTextEncoder(source, opened, skips, tokens, print);
		} catch (error) {
			await opened.model.release();
			throw error;
		}
	}

	tokenize(prompts: readonly string[]): Tensor<"int64"> {
		return this.#opened.prompts.encode(prompts, this.tokens);
	}

	overflow(prompts: readonly string[], { tokens = this.tokens }: { tokens?: number | undefined } = {}): string[] {
		return this.#opened.prompts.overflow(prompts, tokens);
	}

	get promptIds(): PromptIds {
		return this.#opened.prompts;
	}

	async encode(prompts: readonly string[] | Tensor<"int64">, options: EncodeOptions = {}): Promise<TextEncoding> {
		checkNames("encode", options, ENCODE_OPTIONS);
		options.signal?.throwIfAborted();
		const { config, prompts: ids } = this.#opened;
		const tokens = rowsOf(options.tokens ?? this.tokens, config);
		const given = areIds(prompts) ? prompts : ids.encode(prompts, tokens);
		return this.#encode(checkIds(given, tokens, config.vocabulary), tokens, options);
	}

	async #encode(ids: Tensor<"int64">, tokens: number, options: EncodeOptions): Promise<TextEncoding> {
		const { config, outputs } = this.#opened;
		const { skips = this.#skips } = options;
		const states = outputs.hidden(skips);
		const dims = [tokens, this.width];
		const asked = new Map<string, readonly number[]>(states.map((name) => [name, dims]));
		if (outputs.features) asked.set(outputs.features, [config.features]);
		const found = await encodeIds(this.name, this.#opened, ids, asked, options);
		return {
			hidden: Object.fromEntries(skips.map((skip, i) => [skip, found.get(states[i]!)!])),
			classRows: this.hasClassRow ? classRows(ids, config.endOfText) : undefined,
			features: outputs.features ? found.get(outputs.features) : undefined,
		};
	}

	async normalize(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		return this.hasClassRow ? this.#ofHead("normed", rows, this.width) : rows;
	}

	async project(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		const { projects, features } = this.#opened.config;
		return projects ? this.#ofHead("projected", rows, features) : rows;
	}

	/** Frees the sessions once the calls under way have ended. They load again when they are next used. */
	async release(): Promise<void> {
		await Promise.all([this.#opened.model.release(), this.#opened.head?.release()]);
	}

	/** Each of the rows `[…, width]` through an output of the head. */
	async #ofHead(output: "normed" | "projected", rows: Tensor<"float32">, width: number): Promise<Tensor<"float32">> {
		const { head } = this.#opened;
		if (!head) throw noHead(this.name);
		const count = rows.data.length / this.width;
		if (rows.dims.at(-1) !== this.width || !Number.isInteger(count))
			throw new ArgumentError({ what: "rows", expected: `[…, ${this.width}]`, found: `[${rows.dims.join(", ")}]` });
		const dims = [...rows.dims.slice(0, -1), width];
		if (count === 0) return float32(new Float32Array(0), dims);
		const found = await head.run({ rows: feed("float32", rows.data, [count, this.width]) }, [output]);
		return float32(checked(this.name, output, found[output], [count, width]), dims);
	}
}

/** Rows of a prompt that were asked for, or the encoder's own. */
function rowsOf(asked: number | undefined, { positions }: ExportConfig): number {
	const most = positions ?? MOST_ROWS;
	const rows = asked ?? positions ?? T5_ROWS;
	if (Number.isInteger(rows) && rows >= 1 && rows <= most) return rows;
	throw new ArgumentError({ what: "tokens", expected: `an integer from 1 to ${most}`, found: shown(asked) });
}
