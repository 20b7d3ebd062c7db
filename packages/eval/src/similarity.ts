import { ArgumentError, type Tensor } from "@drum/tensor";

/** What a cosine is multiplied by, so that scores read as percentages. */
const SCALE = 100;

/**
 * Paper Eq. 3, × 100: each embedding's cosine with each reference, times the reference's intensity; `[embeddings][references]`.
 * @param embeddings `[embeddings, width]`, of any length: only directions count
 * @param references `[references, width]`
 * @param intensities one for each reference, default 1. They are taken as they are: of at most 1, they keep scores within 100
 * @throws ArgumentError for shapes that do not belong together, an intensity that is no finite number from 0, or a row without a direction.
 */
export function clipSimilarities(
	embeddings: Tensor<"float32">,
	references: Tensor<"float32">,
	intensities?: readonly number[],
): number[][] {
	const rows = directions(embeddings, "embeddings");
	const others = directions(references, "references");
	if (rows.length > 0 && others.length > 0 && rows[0]!.length !== others[0]!.length) {
		throw new ArgumentError({
			what: "references",
			expected: `rows of the embeddings' width ${rows[0]!.length}`,
			found: String(others[0]!.length),
			next: "Take both from one checkpoint",
		});
	}
	const weights = intensities ?? others.map(() => 1);
	checkIntensities(weights, others.length);
	return rows.map((row) => others.map((other, i) => SCALE * dot(row, other) * weights[i]!));
}

function checkIntensities(intensities: readonly number[], references: number): void {
	const wrong = intensities.find((intensity) => !Number.isFinite(intensity) || intensity < 0);
	if (intensities.length === references && wrong === undefined) return;
	throw new ArgumentError({
		what: "intensities",
		expected: `${references} finite numbers from 0`,
		found: wrong === undefined ? `${intensities.length}` : String(wrong),
	});
}

/** Rows of length 1. */
function directions({ data, dims }: Tensor<"float32">, what: string): Float64Array[] {
	const [count = 0, width = 0] = dims;
	if (dims.length !== 2 || data.length !== count * width) {
		const found = `[${dims.join(", ")}] with ${data.length} values`;
		throw new ArgumentError({ what, expected: "float32 of shape [rows, width]", found });
	}
	return Array.from({ length: count }, (_, i) => {
		const row = Float64Array.from(data.subarray(i * width, (i + 1) * width));
		const length = Math.sqrt(dot(row, row));
		if (length > 0 && Number.isFinite(length)) return row.map((value) => value / length);
		throw new ArgumentError({ what: `row ${i} of the ${what}`, expected: "a direction", found: `length ${length}` });
	});
}

function dot(a: Float64Array, b: Float64Array): number {
	return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
