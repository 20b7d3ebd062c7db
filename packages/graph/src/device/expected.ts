// What operators compute, worked out in JavaScript in float64: the plainest form of each, for small sizes.

/** Numbers in row-major order. */
export type Numbers = ArrayLike<number>;

export interface AttentionSizes {
	rows: number;
	tokens: number;
	heads: number;
	/** Of one head. */
	width: number;
	causal?: boolean;
	/** Scores get an addend: `[1, heads, rows, tokens]`. */
	bias?: boolean;
}

/** `q` `[rows, heads · width]`, `k` and `v` `[tokens, heads · width]`. */
export function attention(q: Numbers, k: Numbers, v: Numbers, sizes: AttentionSizes, bias?: Numbers): Float64Array {
	const { rows, tokens, heads, width, causal = false } = sizes;
	const all = heads * width;
	const out = new Float64Array(rows * all);
	for (let head = 0; head < heads; head++) {
		for (let row = 0; row < rows; row++) {
			const seen = causal ? row + 1 : tokens;
			const scores = Float64Array.from({ length: seen }, (_, token) => {
				let sum = 0;
				for (let i = head * width; i < (head + 1) * width; i++) sum += q[row * all + i]! * k[token * all + i]!;
				return sum / Math.sqrt(width) + (bias ? bias[(head * rows + row) * tokens + token]! : 0);
			});
			const weights = softmax(scores, seen);
			for (let token = 0; token < seen; token++) {
				for (let i = head * width; i < (head + 1) * width; i++)
					out[row * all + i]! += weights[token]! * v[token * all + i]!;
			}
		}
	}
	return out;
}

/** Over rows of `width`. */
export function softmax(x: Numbers, width: number): Float64Array {
	return byRow(x, width, (row) => {
		const largest = Math.max(...row);
		const powers = row.map((value) => Math.exp(value - largest));
		const sum = powers.reduce((a, b) => a + b, 0);
		return powers.map((value) => value / sum);
	});
}

/** `a` `[m, k]`, `b` `[k, n]`. */
export function product(a: Numbers, b: Numbers, [m, k, n]: readonly [number, number, number]): Float64Array {
	const out = new Float64Array(m * n);
	for (let i = 0; i < m; i++)
		for (let j = 0; j < n; j++) for (let l = 0; l < k; l++) out[i * n + j]! += a[i * k + l]! * b[l * n + j]!;
	return out;
}

/** `[rows, columns]` → `[columns, rows]`. */
export function turned(x: Numbers, rows: number, columns: number): Float64Array {
	return Float64Array.from({ length: rows * columns }, (_, i) => x[(i % rows) * columns + Math.floor(i / rows)]!);
}

export interface ConvSizes {
	channels: number;
	out: number;
	height: number;
	width: number;
	kernel: number;
	stride?: number;
	/** Top, left, bottom, right. */
	pads: readonly [number, number, number, number];
}

/** `x` `[channels, height, width]`, `weight` `[out, channels, kernel, kernel]`. */
export function conv(x: Numbers, weight: Numbers, bias: Numbers, sizes: ConvSizes): Float64Array {
	const { channels, out, height, width, kernel, stride = 1, pads } = sizes;
	const rows = Math.floor((height + pads[0] + pads[2] - kernel) / stride) + 1;
	const columns = Math.floor((width + pads[1] + pads[3] - kernel) / stride) + 1;
	const pixel = (channel: number, y: number, left: number) =>
		y < 0 || y >= height || left < 0 || left >= width ? 0 : x[(channel * height + y) * width + left]!;
	return Float64Array.from({ length: out * rows * columns }, (_, i) => {
		const [to, row, column] = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns];
		let sum = bias[to]!;
		for (let from = 0; from < channels; from++)
			for (let y = 0; y < kernel; y++)
				for (let left = 0; left < kernel; left++)
					sum +=
						weight[((to * channels + from) * kernel + y) * kernel + left]! *
						pixel(from, row * stride + y - pads[0], column * stride + left - pads[1]);
		return sum;
	});
}

/** Rows of `width`, each with mean 0 and variance 1, or, without its mean, divided by the root of its mean square. */
export function normed(x: Numbers, width: number, epsilon: number, { centred = true } = {}): Float64Array {
	return byRow(x, width, (row) => {
		const mean = centred ? row.reduce((a, b) => a + b, 0) / width : 0;
		const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
		return row.map((value) => (value - mean) / Math.sqrt(variance + epsilon));
	});
}

/** Neighbours turned by their token's angles: `x` `[tokens, heads · 2 · half]`, `cos` and `sin` `[tokens, half]`. */
export function rotated(x: Numbers, cos: Numbers, sin: Numbers, width: number, half: number): Float64Array {
	const out = new Float64Array(x.length);
	for (let i = 0; i < x.length; i += 2) {
		const angle = Math.floor(i / width) * half + (((i % width) / 2) % half);
		out[i] = x[i]! * cos[angle]! - x[i + 1]! * sin[angle]!;
		out[i + 1] = x[i]! * sin[angle]! + x[i + 1]! * cos[angle]!;
	}
	return out;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The error function by its series, which for |x| ≤ 3 is exact to 1e-12. */
export function erf(x: number): number {
	let [term, sum] = [x, x];
	for (let n = 1; n < 60; n++) {
		term *= (-x * x) / n;
		sum += term / (2 * n + 1);
	}
	return (2 / Math.sqrt(Math.PI)) * sum;
}

function byRow(x: Numbers, width: number, change: (row: number[]) => number[]): Float64Array {
	const all = Array.from(x);
	return Float64Array.from(
		Array.from({ length: all.length / width }, (_, i) => change(all.slice(i * width, (i + 1) * width))).flat(),
	);
}
