import { ArgumentError, float32, type Tensor, type Warning } from "@drum/tensor";
import type { Texts } from "./texts.ts";

/** Prompts as one encoder reads them in chunks, and how much each row of its output counts. */
export interface WeightedRows {
	/** int64 `[prompts × chunks, tokens]`, the chunks of a prompt one after another. */
	readonly ids: Tensor<"int64">;
	/** Of each id. */
	readonly weights: Float32Array;
	/** Of each prompt. */
	readonly chunks: number;
	/** Of syntax that has no effect. */
	readonly warnings: readonly Warning[];
}

/** Prompts as they are, or with weights and in chunks. */
export type Reading = readonly string[] | WeightedRows;

/** What each encoder reads, by its name. */
export type Readings = Readonly<Record<string, Reading>>;

/** How many chunks of how many rows each encoder makes of a prompt. */
export type ChunkLayout = Readonly<Record<string, { readonly chunks: number; readonly tokens: number }>>;

export function isWeighted(reading: unknown): reading is WeightedRows {
	return typeof reading === "object" && reading !== null && "weights" in reading;
}

/** Of each prompt. */
export function chunksIn(reading: unknown): number {
	return isWeighted(reading) ? reading.chunks : 1;
}

/** Those of the encoders that read prompts as they are. */
export function plainTexts(readings: Readings): Texts {
	return Object.fromEntries(
		Object.entries(readings).flatMap(([name, each]) => (isWeighted(each) ? [] : [[name, each]])),
	);
}

/** The layout of a condition whose prompts were read in chunks; undefined for prompts as they are. */
export function layoutOf(readings: Readings): ChunkLayout | undefined {
	const own = Object.entries(readings).flatMap(([name, each]) =>
		isWeighted(each) ? [[name, { chunks: each.chunks, tokens: each.ids.dims[1]! }] as const] : [],
	);
	return own.length > 0 ? Object.fromEntries(own) : undefined;
}

/** What in prompts has no effect, each once. */
export function syntaxWarnings(readings: Readings): Warning[] {
	const all = Object.values(readings).flatMap((each) => (isWeighted(each) ? each.warnings : []));
	return [...new Map(all.map((warning) => [warning.message, warning])).values()];
}

/**
 * Each prompt's rows, weighed, its chunks one after another: `[prompts × chunks, tokens, width]` → `[prompts, chunks × tokens, width]`.
 * A chunk whose rows weigh unlike keeps the mean that it had. Rows of prompts without weights are given back as they are.
 * @throws ArgumentError where the weights cancel each other out.
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

/** A prompt's first chunk's own: `[prompts × chunks, width]` → `[prompts, width]`. */
export function firstChunks(rows: Tensor<"float32">, reading: unknown): Tensor<"float32"> {
	const chunks = chunksIn(reading);
	const [all, width] = rows.dims as [number, number];
	const count = all / chunks;
	const out = new Float32Array(count * width);
	for (let i = 0; i < count; i++) out.set(rows.data.subarray(i * chunks * width, (i * chunks + 1) * width), i * width);
	return float32(out, [count, width]);
}

/** Multiplies rows `[tokens, width]` by their weights, and all of them by what brings the mean back. */
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
		const next = "Weights above 0 do not";
		throw new ArgumentError({
			what: "the prompt's weights",
			expected: "weights of which something is left",
			found: "weights that cancel each other out",
			next,
		});
	}
	for (const i of rows.keys()) rows[i]! *= scale;
}
