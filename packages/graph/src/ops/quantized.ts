import type { BlockFormat, ChannelFormat } from "../quantize/formats.ts";
import { known, product, type Value } from "../value.ts";
import type { Conv2dOptions } from "./conv.ts";
import { add, mul } from "./elementwise.ts";
import { concat, reshape, transpose } from "./shape.ts";

interface Codes {
	readonly rows: number;
	readonly columns: number;
	readonly codes: Value;
	readonly scales: Value;
}

/** A matrix `[rows, columns]` in blocks of quantised weights. */
export interface BlockValue extends Codes {
	readonly format: BlockFormat;
	readonly zeroPoints: Value | null;
}

/** A matrix, or a kernel, of int8 weights with a scale for each output: codes `[columns, rows]`. */
export interface ChannelValue extends Codes {
	readonly format: ChannelFormat;
}

export type QuantizedValue = BlockValue | ChannelValue;

/** Level 4: the blocks of `x` are rounded to int8 as well, for the processor's integer products. */
const ACCURACY_LEVEL = 4;

/** `x · weightᵀ + bias` over the last axis. */
export function quantizedAffine(x: Value, weight: QuantizedValue, bias: Value | null): Value {
	const y = isInBlocks(weight) ? blockProduct(x, weight) : channelProduct(x, weight);
	return bias ? add(y, bias) : y;
}

function isInBlocks(weight: QuantizedValue): weight is BlockValue {
	return weight.format.kind === "blocks";
}

function blockProduct(x: Value, { format, rows, columns, codes, scales, zeroPoints }: BlockValue): Value {
	const attributes = {
		K: { int: columns },
		N: { int: rows },
		bits: { int: format.bits },
		block_size: { int: format.block },
		accuracy_level: { int: ACCURACY_LEVEL },
	};
	const inputs = [x, codes, scales, ...(zeroPoints ? [zeroPoints] : [])];
	const dims = [...x.dims.slice(0, -1), rows];
	return x.graph.node("MatMulNBits", inputs, { dims, type: x.type }, attributes, "com.microsoft");
}

/** Each row of `x` in 8 bits of its own range, so that a token of large numbers costs the others nothing. */
function channelProduct(x: Value, { rows, codes, scales }: ChannelValue): Value {
	const { graph } = x;
	const own = rowCodes(x);
	const dims = [...x.dims.slice(0, -1), rows];
	const inputs = [own.codes, codes, graph.scalar(1), scales, own.zero];
	return mul(graph.node("MatMulIntegerToFloat", inputs, { dims }, {}, "com.microsoft"), own.scale);
}

interface Rounded {
	readonly codes: Value;
	readonly scale: Value;
	readonly zero: Value;
}

/** What several layers take is rounded once. */
const rows = new WeakMap<Value, Rounded>();
const wholes = new WeakMap<Value, Rounded>();

function rowCodes(x: Value): Rounded {
	const found = rows.get(x);
	if (found) return found;
	const { graph } = x;
	const dims = [...x.dims.slice(0, -1), 1];
	const magnitudes = graph.node("Abs", [x], { dims: x.dims });
	const most = graph.node("ReduceMax", [magnitudes, graph.integers([-1])], { dims }, { keepdims: { int: 1 } });
	// A row of zeros has some scale.
	const scale = mul(graph.node("Max", [most, graph.scalar(1e-30)], { dims }), 1 / 127);
	const zero = graph.whileLoading(() =>
		graph.node("Cast", [graph.scalar(128)], { dims: [], type: "uint8" }, { to: { type: "uint8" } }),
	);
	const units = graph.node("Div", [x, scale], { dims: x.dims });
	const codes = graph.node("QuantizeLinear", [units, graph.scalar(1), zero], { dims: x.dims, type: "uint8" });
	const rounded = { codes, scale, zero };
	rows.set(x, rounded);
	return rounded;
}

/** The whole of `x` in 8 bits of one range, from the least to the most and with zero. */
function wholeCodes(x: Value): Rounded {
	const found = wholes.get(x);
	if (found) return found;
	const results = [{ dims: x.dims, type: "uint8" }, { dims: [] }, { dims: [], type: "uint8" }] as const;
	const [codes, scale, zero] = x.graph.nodes("DynamicQuantizeLinear", [x], results);
	const rounded = { codes: codes!, scale: scale!, zero: zero! };
	wholes.set(x, rounded);
	return rounded;
}

/** Bytes of what a kernel sees, at once: larger pictures go through in bands, which stay near the processor and take less memory. */
const BAND = 2 ** 23;

/**
 * A convolution of `x` `[batch, in, height, width]` as one product: each pixel's row holds what its kernel sees, taps outside, channels
 * inside. ONNX Runtime's own convolutions of integers need the result's range beforehand, or are slower than in float32.
 */
export function quantizedConv2d(
	x: Value,
	{ rows: out, columns, codes, scales, format: { taps } }: ChannelValue,
	bias: Value | null,
	{ stride = 1, padding = 0 }: Conv2dOptions = {},
): Value {
	const { graph } = x;
	const own = wholeCodes(x);
	const [batch] = x.dims;
	const kernel = Math.sqrt(taps);
	const padded = pad(own, padding);
	const [height, width] = [1, 2].map((axis) => Math.floor((known(padded, axis) - kernel) / stride) + 1);
	const bands = divisorOf(height!, (height! * width! * columns) / BAND);
	const rows = height! / bands;
	const results = Array.from({ length: bands }, (_, band) => {
		const seen = patches(padded, { kernel, stride, from: band * rows, height: rows, width: width! });
		const pixels = product([batch!, rows, width!]);
		const inputs = [reshape(seen, [pixels, columns]), codes, own.scale, scales, own.zero, null, bias];
		const y = graph.node("MatMulIntegerToFloat", inputs, { dims: [pixels, out] }, {}, "com.microsoft");
		return reshape(y, [batch!, rows, width!, out]);
	});
	return transpose(results.length === 1 ? results[0]! : concat(results, 1), [0, 3, 1, 2]);
}

/** The least number of equal parts of `size` that is at least `least`. */
function divisorOf(size: number, least: number): number {
	for (let parts = Math.max(1, Math.ceil(least)); parts < size; parts++) if (size % parts === 0) return parts;
	return size;
}

/** `[batch, in, height, width]` → `[batch, height, width, in]` with zeros around. */
function pad({ codes, zero }: Rounded, padding: NonNullable<Conv2dOptions["padding"]>): Value {
	const { graph } = codes;
	const [top, left, bottom, right] = typeof padding === "number" ? new Array<number>(4).fill(padding) : padding;
	const pixels = transpose(codes, [0, 2, 3, 1]);
	const [batch, height, width, channels] = pixels.dims as [Value["dims"][number], number, number, number];
	const dims = [batch, height + top! + bottom!, width + left! + right!, channels];
	if (dims[1] === height && dims[2] === width) return pixels;
	const edges = graph.integers([0, top!, left!, 0, 0, bottom!, right!, 0]);
	return graph.node("Pad", [pixels, edges, zero], { dims, type: "uint8" });
}

interface Band {
	kernel: number;
	stride: number;
	/** The first of its rows in the result, and how many there are. */
	from: number;
	height: number;
	width: number;
}

/** What a kernel sees at each place of a band: `[batch, height, width, taps · in]`. */
function patches(padded: Value, { kernel, stride, from, height, width }: Band): Value {
	const { graph } = padded;
	const [batch, rows, , channels] = padded.dims;
	if (kernel === 1 && stride === 1 && rows === height) return padded;
	const taps = Array.from({ length: kernel ** 2 }, (_, tap) => {
		const starts = [Math.floor(tap / kernel) + from * stride, tap % kernel];
		const ends = [starts[0]! + (height - 1) * stride + 1, starts[1]! + (width - 1) * stride + 1];
		const bounds = [starts, ends, [1, 2], [stride, stride]].map((values) => graph.integers(values));
		return graph.node("Slice", [padded, ...bounds], { dims: [batch!, height, width, channels!], type: "uint8" });
	});
	return taps.length === 1 ? taps[0]! : concat(taps, 3);
}
