import { RandomState, sizeOf } from "@drum/tensor";
import { conv2d } from "../ops/conv.ts";
import { attention } from "../ops/linalg.ts";
import type { Value } from "../value.ts";
import * as right from "./expected.ts";

/** A small computation whose result is known. */
export interface TrialCase {
	/** What of the operator is tried. */
	readonly of: string;
	/** What a run is fed, by name. */
	readonly inputs: Readonly<Record<string, Drawn>>;
	/** Constants, as weights are. */
	readonly weights: Readonly<Record<string, { data: Float32Array | Uint8Array; dims: readonly number[] }>>;
	readonly build: (x: Readonly<Record<string, Value>>) => Value;
	readonly expected: () => ArrayLike<number>;
}

/** Random numbers: with regular ones a kernel that goes wrong can look right. */
export interface Drawn {
	readonly data: Float32Array;
	readonly dims: readonly number[];
}

/** Draws the same numbers each time. */
export const random = () => {
	const source = new RandomState(7);
	return (...dims: number[]): Drawn => {
		const data = Float32Array.from(source.random(sizeOf(dims)), (value) => 4 * (value - 0.5));
		return { data, dims };
	};
};

export function attentionCase(sizes: right.AttentionSizes): () => TrialCase {
	return () => {
		const { rows, tokens, heads, width, causal = false } = sizes;
		const draw = random();
		const [q, k, v] = [draw(1, rows, heads * width), draw(1, tokens, heads * width), draw(1, tokens, heads * width)];
		const bias = sizes.bias ? draw(1, heads, rows, tokens) : undefined;
		return {
			of: `${rows} × ${tokens} tokens, heads of ${width}${causal ? ", causal" : ""}${bias ? ", with a bias" : ""}`,
			inputs: { q, k, v, ...(bias && { bias }) },
			weights: {},
			build: ({ q, k, v, bias }) => (bias ? biased(q!, k!, v!, bias, heads) : attention(q!, k!, v!, { heads, causal })),
			expected: () => right.attention(q.data, k.data, v.data, sizes, bias?.data),
		};
	};
}

/** As T5 asks for it. */
function biased(q: Value, k: Value, v: Value, bias: Value, heads: number): Value {
	const attributes = { num_heads: { int: heads } };
	const inputs = [q, k, v, null, null, bias];
	return q.graph.node("MultiHeadAttention", inputs, { dims: q.dims, type: q.type }, attributes, "com.microsoft");
}

export function convCase(of: string, sizes: right.ConvSizes): () => TrialCase {
	return () => {
		const { channels, out, height, width, kernel, stride = 1, pads } = sizes;
		const draw = random();
		const [x, weight, bias] = [draw(1, channels, height, width), draw(out, channels, kernel, kernel), draw(out)];
		return {
			of,
			inputs: { x },
			weights: { weight, bias },
			build: ({ x, weight, bias }) => conv2d(x!, weight!, bias!, { stride, padding: pads }),
			expected: () => right.conv(x.data, weight.data, bias.data, sizes),
		};
	};
}

export function elementwise(of: string, build: (x: Value) => Value, value: (x: number) => number): () => TrialCase {
	return () => {
		const x = random()(3, 70);
		return { of, inputs: { x }, weights: {}, build: ({ x }) => build(x!), expected: () => Array.from(x.data, value) };
	};
}

/** Of rows of 72, each times a weight and with an addend. */
export function norm(
	of: string,
	build: (x: Value, weight: Value, bias: Value, y: Value) => Value,
	rows: (x: right.Numbers, y: right.Numbers) => Float64Array,
	{ shifted = true, dims = [1, 9, 72] } = {},
): () => TrialCase {
	return () => {
		const draw = random();
		const channels = dims.length === 4 ? dims[1]! : dims.at(-1)!;
		const [x, y, weight, bias] = [draw(...dims), draw(...dims), draw(channels), draw(channels)];
		const inner = dims.length === 4 ? dims[2]! * dims[3]! : 1;
		const channel = (i: number) => Math.floor(i / inner) % channels;
		return {
			of,
			inputs: { x, y },
			weights: { weight, bias },
			build: (all) => build(all.x!, all.weight!, all.bias!, all.y!),
			expected: () =>
				rows(x.data, y.data).map(
					(value, i) => value * weight.data[channel(i)]! + (shifted ? bias.data[channel(i)]! : 0),
				),
		};
	};
}
