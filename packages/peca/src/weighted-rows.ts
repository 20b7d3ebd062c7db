import { ArgumentError, float32, type Tensor, type Warning } from "@drum/tensor";
import type { Texts } from "./texts.ts";

/** The prompts of one encoder in chunks, with a weight for each row of its output. */
export interface WeightedRows {
	/** Token ids, int64 `[prompts × chunks, tokens]`. The chunks of a prompt follow each other. */
	readonly ids: Tensor<"int64">;
	/** The weight of each id: `prompts × chunks × tokens` values. */
	readonly weights: Float32Array;
	/** Number of chunks of each prompt. */
	readonly chunks: number;
	/** Warnings about syntax without effect. */
	readonly warnings: readonly Warning[];
}

/** Prompts as plain text, or with weights and in chunks. */
export type Reading = readonly string[] | WeightedRows;

/** What each encoder reads, by the encoder's name. */
export type Readings = Readonly<Record<string, Reading>>;

/** Each encoder's number of chunks per prompt, and number of tokens per chunk. */
export type ChunkLayout = Readonly<Record<string, { readonly chunks: number; readonly tokens: number }>>;

export function isWeighted(reading: unknown): reading is WeightedRows {
	return typeof reading === "object" && reading !== null && "weights" in reading;
}

/** Number of chunks of each prompt. */
export function chunksIn(reading: unknown): number {
	return isWeighted(reading) ? reading.chunks : 1;
}

/** The prompts of the encoders that read plain text. */
export function plainTexts(readings: Readings): Texts {
	return Object.fromEntries(
		Object.entries(readings).flatMap(([name, each]) => (isWeighted(each) ? [] : [[name, each]])),
	);
}

/** The layout of a condition whose prompts were read in chunks; undefined for plain text. */
export function layoutOf(readings: Readings): ChunkLayout | undefined {
	const own = Object.entries(readings).flatMap(([name, each]) =>
		isWeighted(each) ? [[name, { chunks: each.chunks, tokens: each.ids.dims[1]! }] as const] : [],
	);
	return own.length > 0 ? Object.fromEntries(own) : undefined;
}

/** Warnings about syntax without effect, each once. */
export function syntaxWarnings(readings: Readings): Warning[] {
	const all = Object.values(readings).flatMap((each) => (isWeighted(each) ? each.warnings : []));
	return [...new Map(all.map((warning) => [warning.message, warning])).values()];
}

/**
 * Multiplies each row by its weight, and joins the chunks of a prompt: `[prompts × chunks, tokens, width]` → `[prompts, chunks × tokens,
 * width]`. Each chunk with weights is rescaled to its mean from before. Prompts without weights are returned as they are.
 * @throws ArgumentError if the weights cancel each other out
 */
export function joinChunks(rows: Tensor<"float32">, reading: unknown): Tensor<"float32"> {
	if (!isWeighted(reading)) return rows;
	const [count, tokens, width] = rows.dims as [number, number, number];
	const data = rows.data.slice();
	for (let chunk = 0; chunk < count; chunk++) {
		const weights = reading.weights.subarray(chunk * tokens, (chunk + 1) * tokens);
		if (weights.some((weight) => weight !== 1))
			weigh(data.subarray(chunk * tokens * width, (chunk + 1) * tokens * width), weights);
	}
	return float32(data, [count / reading.chunks, reading.chunks * tokens, width]);
}

/** The row of each prompt's first chunk: `[prompts × chunks, width]` → `[prompts, width]`. */
export function firstChunks(rows: Tensor<"float32">, reading: unknown): Tensor<"float32"> {
	const chunks = chunksIn(reading);
	const [all, width] = rows.dims as [number, number];
	const count = all / chunks;
	const out = new Float32Array(count * width);
	for (let i = 0; i < count; i++) out.set(rows.data.subarray(i * chunks * width, (i * chunks + 1) * width), i * width);
	return float32(out, [count, width]);
}

/** Multiplies rows `[tokens, width]` by their weights, then rescales all of them to the mean from before. */
function weigh(rows: Float32Array, weights: Float32Array): void {
	const width = rows.length / weights.length;
	let [before, after] = [0, 0];
	for (const [i, value] of rows.entries()) {
		before += value;
		rows[i] = value * weights[Math.floor(i / width)]!;
		after += rows[i]!;
	}
	const scale = before / after;
	if (!Number.isFinite(scale)) {
		const next = "Use weights above 0";
		throw new ArgumentError({
			what: "the prompt's weights",
			expected: "weights whose rows do not sum to 0",
			found: "weights that cancel each other out",
			next,
		});
	}
	for (const i of rows.keys()) rows[i]! *= scale;
}
