import { ArgumentError, shown } from "@drum/tensor";
import type { Slices } from "./slices.ts";

/**
 * A float32 tensor `[N, width]` with one row for each entry of the history. It has the fields of a `Tensor<"float32">` of `@drum/tensor`,
 * but does not import that type. ONNX Runtime's tensors fit too.
 */
export interface EmbeddingsTensor {
	readonly dims: readonly number[];
	readonly type: "float32";
	readonly data: Float32Array;
}

/** The checked rows of an `[N, width]` tensor, with their norms for cosines. */
export interface Embeddings {
	readonly count: number;
	readonly width: number;
	readonly data: Float32Array;
	/** Euclidean norms in float64. */
	readonly norms: Float64Array;
	/** For each row the first row that it is known to equal: itself, unless it is a copy. */
	readonly twins: Int32Array;
}

/** Checks only shape and type, without reading the values. @throws ArgumentError */
export function checkShape({ dims, type, data }: EmbeddingsTensor): { count: number; width: number } {
	const [count, width] = dims;
	const fits =
		dims.length === 2 && type === "float32" && data.length === count! * width! && (width! > 0 || count === 0);
	if (!fits) {
		throw new ArgumentError({
			what: "embeddings",
			expected: "a float32 tensor [N, width] with N × width elements",
			found: `${type} [${dims.join(", ")}] with ${data.length} elements`,
		});
	}
	return { count: count!, width: width! };
}

/** Reads every row once. @throws ArgumentError for a row that is not finite, or is all zeros and therefore has no direction */
export async function readEmbeddings(tensor: EmbeddingsTensor, slices: Slices): Promise<Embeddings> {
	const { count, width } = checkShape(tensor);
	const { data } = tensor;
	const norms = new Float64Array(count);
	const twins = new Int32Array(count);
	const firstOf = new Map<number, number>();
	for (let row = 0; row < count; row++) {
		const squares = squaredNorm(data, row * width, (row + 1) * width);
		if (!Number.isFinite(squares)) throw notFinite(data, row, width);
		if (squares === 0) {
			throw new ArgumentError({
				what: `embeddings, row ${row}`,
				expected: "a row with a direction",
				found: "all zeros",
				next: "Leave this entry out of the history",
			});
		}
		norms[row] = Math.sqrt(squares);
		const first = firstOf.get(squares);
		if (first === undefined) firstOf.set(squares, row);
		twins[row] = first !== undefined && equalRows(data, width, first, row) ? first : row;
		if ((row & 7) === 7 && slices.over) await slices.next();
	}
	return { count, width, data, norms, twins };
}

/** In its own function because a JIT compiles that sooner than a loop within a loop. */
function squaredNorm(data: Float32Array, from: number, to: number): number {
	let sum = 0;
	for (let at = from; at < to; at++) sum += data[at]! * data[at]!;
	return sum;
}

function equalRows(data: Float32Array, width: number, a: number, b: number): boolean {
	for (let k = 0; k < width; k++) if (data[a * width + k] !== data[b * width + k]) return false;
	return true;
}

function notFinite(data: Float32Array, row: number, width: number): ArgumentError {
	const column = data.subarray(row * width, (row + 1) * width).findIndex((value) => !Number.isFinite(value));
	return new ArgumentError({
		what: `embeddings, row ${row}, column ${column}`,
		expected: "a finite number",
		found: shown(data[row * width + column]),
	});
}

/** cos(e_a, e_b) in float64, where products of float32 values are exact. They are summed in order. */
export function cosine({ data, width, norms }: Embeddings, a: number, b: number): number {
	let sum = 0;
	for (let i = a * width, j = b * width, end = i + width; i < end; i++, j++) sum += data[i]! * data[j]!;
	return sum / (norms[a]! * norms[b]!);
}
