import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CLIPTokenizer, type TokenizerFiles } from "@drum/encoders-clip";
import {
	ArgumentError,
	type EncodeOptions,
	float32,
	type Tensor,
	type TextEncoder,
	type TextEncoding,
} from "@drum/tensor";
import ort from "onnxruntime-node";

/** An ONNX export's files: `text-encoder.onnx` gives the raw hidden states of ids, `final-norm.onnx` norms rows. */
export interface OnnxExport {
	name: string;
	folder: string;
	tokenizer: TokenizerFiles;
	/** What an export does not tell of its model. */
	sizes: { width: number; heads: number; tokens: number; vocabulary: number };
}

/**
 * CLIP's text tower as an ONNX export, run by ONNX Runtime in the caller's thread: the shortest whole backend there is, to be
 * read as the pattern of another.
 */
export class OnnxTextEncoder implements TextEncoder {
	readonly name: string;
	readonly width: number;
	readonly heads: number;
	readonly tokens: number;
	readonly hasClassRow = true;
	readonly fingerprint: string;
	readonly #vocabulary: number;
	readonly #models: { encoder: Uint8Array; norm: Uint8Array };
	readonly #tokenizer: CLIPTokenizer;
	#sessions: Promise<{ encoder: ort.InferenceSession; norm: ort.InferenceSession }> | undefined;
	/** ONNX Runtime rejects runs whose session is released meanwhile: one call after another. */
	#queue: Promise<unknown> = Promise.resolve();

	private constructor({ name, tokenizer, sizes }: OnnxExport, models: { encoder: Uint8Array; norm: Uint8Array }) {
		this.name = name;
		this.width = sizes.width;
		this.heads = sizes.heads;
		this.tokens = sizes.tokens;
		this.#vocabulary = sizes.vocabulary;
		this.#models = models;
		this.#tokenizer = new CLIPTokenizer(tokenizer);
		const hash = createHash("sha256").update(JSON.stringify(sizes));
		this.fingerprint = hash.update(models.encoder).update(models.norm).digest("hex");
	}

	static async open(files: OnnxExport): Promise<OnnxTextEncoder> {
		const read = (file: string) => readFile(join(files.folder, file));
		const [encoder, norm] = await Promise.all([read("text-encoder.onnx"), read("final-norm.onnx")]);
		return new OnnxTextEncoder(files, { encoder, norm });
	}

	tokenize(prompts: readonly string[]): Tensor<"int64"> {
		return this.#tokenizer.encode(prompts, this.tokens);
	}

	async encode(
		prompts: readonly string[] | Tensor<"int64">,
		{ signal, onProgress }: EncodeOptions = {},
	): Promise<TextEncoding> {
		signal?.throwIfAborted();
		const ids = this.#checkIds("dims" in prompts ? prompts : this.tokenize(prompts));
		const count = ids.dims[0]!;
		const size = this.tokens * this.width;
		const [last, before] = [new Float32Array(count * size), new Float32Array(count * size)];
		const classRows: number[] = [];
		const pooled = new Float32Array(count * this.width);
		for (let i = 0; i < count; i++) {
			const row = ids.data.slice(i * this.tokens, (i + 1) * this.tokens);
			const feed = new ort.Tensor("int64", row, [1, this.tokens]);
			const states = await this.#run("encoder", { input_ids: feed }, signal);
			last.set(floats(states.hidden_last), i * size);
			before.set(floats(states.hidden_before), i * size);
			// CLIP's end of text is the largest id; its first place counts, since padding may be the same.
			const at = row.reduce((best, id, place) => (id > row[best]! ? place : best), 0);
			classRows.push(at);
			pooled.set(last.subarray(i * size + at * this.width, i * size + (at + 1) * this.width), i * this.width);
			onProgress?.(i + 1, count);
		}
		const dims = [count, this.tokens, this.width];
		return {
			hidden: { [-1]: float32(last, dims), [-2]: float32(before, dims) },
			classRows,
			features: await this.normalize(float32(pooled, [count, this.width])),
		};
	}

	async normalize({ data, dims }: Tensor<"float32">): Promise<Tensor<"float32">> {
		if (data.length === 0) return float32(new Float32Array(0), dims);
		const rows = new ort.Tensor("float32", data, [data.length / this.width, this.width]);
		return float32(floats((await this.#run("norm", { rows })).normed), dims);
	}

	/** Rows as they are: this export has no projection. */
	async project(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		return rows;
	}

	/** Waits for the runs asked for; the next call loads the models again. */
	release(): Promise<void> {
		return this.#next(async () => {
			const sessions = await this.#sessions?.catch(() => undefined);
			this.#sessions = undefined;
			await sessions?.encoder.release();
			await sessions?.norm.release();
		});
	}

	#run(model: "encoder" | "norm", feeds: Record<string, ort.Tensor>, signal?: AbortSignal) {
		return this.#next(async () => {
			signal?.throwIfAborted();
			this.#sessions ??= this.#load();
			return (await this.#sessions)[model].run(feeds);
		});
	}

	async #load() {
		const { encoder, norm } = this.#models;
		return { encoder: await ort.InferenceSession.create(encoder), norm: await ort.InferenceSession.create(norm) };
	}

	#next<T>(task: () => Promise<T>): Promise<T> {
		const result = this.#queue.then(task);
		this.#queue = result.catch(() => undefined);
		return result;
	}

	#checkIds(ids: Tensor<"int64">): Tensor<"int64"> {
		const [count, tokens] = ids.dims;
		const wrong = ids.data.find((id) => id < 0n || id >= this.#vocabulary);
		if (ids.dims.length === 2 && tokens === this.tokens && ids.data.length === count! * tokens && wrong === undefined)
			return ids;
		throw new ArgumentError({
			what: `ids for ${this.name}`,
			expected: `[prompts, ${this.tokens}], each from 0 to ${this.#vocabulary - 1}`,
			found: wrong === undefined ? `[${ids.dims.join(", ")}], ${ids.data.length} ids` : String(wrong),
		});
	}
}

function floats(tensor: ort.Tensor | undefined): Float32Array {
	return tensor!.data as Float32Array;
}
