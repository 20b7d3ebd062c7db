import type { Tensor } from "@drum/tensor";

// The adapter of the paper's section 4.3 with the guidance of its equation 2, read off the page: float64, one loop for one sum.

type Row = readonly number[];
type Rows = readonly Row[];

export interface PlainInput {
	weights: ReadonlyMap<string, Tensor>;
	heads: number;
	/** `[rows][width]`. */
	baseQuery: Rows;
	/** `[tokens][width]`. */
	target: Rows;
	references: readonly Rows[];
	intensities: readonly number[];
	alpha: number;
}

export function plainAdapter({ weights, heads, baseQuery, target, references, intensities, alpha }: PlainInput): Rows {
	const read = (name: string): Row => Array.from(weights.get(name)!.data as Float32Array);
	const linear = (path: string, x: Rows): Rows => {
		const [bias, matrix] = [read(`${path}.bias`), read(`${path}.weight`)];
		return x.map((row) => bias.map((b, o) => b + row.reduce((sum, v, i) => sum + v * matrix[o * row.length + i]!, 0)));
	};
	const project = (path: string, x: Rows): Rows => (weights.has(`${path}.weight`) ? linear(path, x) : x);
	const layerNorm = (path: string, x: Rows): Rows => {
		const [scale, bias] = [read(`${path}.weight`), read(`${path}.bias`)];
		return x.map((row) => {
			const mean = row.reduce((sum, v) => sum + v, 0) / row.length;
			const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / row.length;
			return row.map((v, i) => ((v - mean) / Math.sqrt(variance + 1e-5)) * scale[i]! + bias[i]!);
		});
	};

	const total = intensities.reduce((sum, p) => sum + p, 0);
	const conditions = [
		{ y: project("pre_proj", target), share: 1 - alpha },
		...references.map((y, i) => ({ y: project("pre_proj", y), share: (alpha * intensities[i]!) / total })),
	];
	const layers = [...weights.keys()].filter((name) => /^tf\.\d+\.norm1\.weight$/.test(name)).length;
	let x = project("pre_proj", baseQuery);
	for (let layer = 0; layer < layers; layer++) {
		const block = `tf.${layer}`;
		const query = linear(`${block}.attn.query`, x);
		const attended = x.map((row) => row.map(() => 0));
		for (const { y, share } of conditions) {
			attend(attended, query, linear(`${block}.attn.key`, y), linear(`${block}.attn.value`, y), heads, share);
		}
		x = layerNorm(`${block}.norm1`, sum(x, linear(`${block}.attn.proj`, attended)));
		const hidden = linear(`${block}.ff.0`, x).map((row) => row.map((v) => v / (1 + Math.exp(-1.702 * v))));
		x = layerNorm(`${block}.norm2`, sum(x, linear(`${block}.ff.2`, hidden)));
	}
	return project("post_proj", x);
}

/** Adds share · softmax(q·kᵀ / √(width of a head))·v to `attended`. */
function attend(attended: number[][], query: Rows, key: Rows, value: Rows, heads: number, share: number): void {
	const each = query[0]!.length / heads;
	for (const [r, q] of query.entries()) {
		for (let from = 0; from < q.length; from += each) {
			const scores = key.map((k) => {
				let score = 0;
				for (let i = from; i < from + each; i++) score += q[i]! * k[i]!;
				return score / Math.sqrt(each);
			});
			const largest = Math.max(...scores);
			const parts = scores.map((score) => Math.exp(score - largest));
			const whole = parts.reduce((total, part) => total + part, 0);
			for (const [t, part] of parts.entries()) {
				for (let i = from; i < from + each; i++) attended[r]![i]! += ((share * part) / whole) * value[t]![i]!;
			}
		}
	}
}

function sum(a: Rows, b: Rows): Rows {
	return a.map((row, r) => row.map((v, i) => v + b[r]![i]!));
}
