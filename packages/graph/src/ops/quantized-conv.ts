import { known, product, type Value } from "../value.ts";
import { asPicture } from "./channels-last.ts";
import type { ChannelValue } from "./quantized.ts";
import { pixelCodes, type Rounded } from "./rounded.ts";
import { concat, reshape } from "./shape.ts";

/** Bytes of what a kernel sees, at once: larger pictures go through in bands, which stay near the processor and take less memory. */
const BAND = 2 ** 23;

/** Of every convolution. */
export interface Conv2dOptions {
	stride?: number;
	/** Zeros around the picture: one number for all sides, or `[top, left, bottom, right]`. */
	padding?: number | readonly [number, number, number, number];
}

export interface QuantizedConvOptions extends Conv2dOptions {
	/** Every pixel stands twice in both directions, of a kernel of 3 × 3 with padding 1. Default false. */
	doubled?: boolean;
}

/**
 * A convolution of `x` `[batch, in, height, width]` as one product: each pixel's row holds what its kernel sees, taps outside, channels
 * inside. ONNX Runtime's own convolutions of integers need the result's range beforehand, or are slower than in float32.
 */
export function quantizedConv2d(
	x: Value,
	{ rows: out, columns, codes, scales, format: { taps } }: ChannelValue,
	bias: Value | null,
	{ stride = 1, padding = 0, doubled = false }: QuantizedConvOptions = {},
): Value {
	const own = pixelCodes(x);
	const [batch] = x.dims;
	const kernel = Math.sqrt(taps);
	const padded = pad(own, padding);
	const [height, width] = [2, 3].map((axis) => {
		return doubled ? 2 * known(x, axis) : Math.floor((known(padded, axis - 1) - kernel) / stride) + 1;
	}) as [number, number];
	// A band of what is doubled begins with a pixel's first twin.
	const bands = divisorOf(doubled ? height / 2 : height, (height * width * columns) / BAND);
	const rows = height / bands;
	const results = Array.from({ length: bands }, (_, band) => {
		const window = { kernel, stride, doubled, from: band * rows, height: rows, width };
		const seen = patches(padded, window);
		const pixels = product([batch!, rows, width]);
		const inputs = [reshape(seen, [pixels, columns]), codes, own.scale, scales, own.zero, null, bias];
		const y = x.graph.node("MatMulIntegerToFloat", inputs, { dims: [pixels, out] }, {}, "com.microsoft");
		return reshape(y, [batch!, rows, width, out]);
	});
	return asPicture(results.length === 1 ? results[0]! : concat(results, 1));
}

/** The least number of equal parts of `size` that is at least `least`. */
function divisorOf(size: number, least: number): number {
	for (let parts = Math.max(1, Math.ceil(least)); parts < size; parts++) if (size % parts === 0) return parts;
	return size;
}

/** With zeros around: `[batch, height, width, channels]`. */
function pad({ codes, zero }: Rounded, padding: NonNullable<Conv2dOptions["padding"]>): Value {
	const { graph } = codes;
	const [top, left, bottom, right] = typeof padding === "number" ? new Array<number>(4).fill(padding) : padding;
	const [batch, height, width, channels] = codes.dims as [Value["dims"][number], number, number, number];
	const dims = [batch, height + top! + bottom!, width + left! + right!, channels];
	if (dims[1] === height && dims[2] === width) return codes;
	const edges = graph.integers([0, top!, left!, 0, 0, bottom!, right!, 0]);
	return graph.node("Pad", [codes, edges, zero], { dims, type: "uint8" });
}

interface Window {
	kernel: number;
	stride: number;
	doubled: boolean;
	/** The first of a band's rows in the result, and how many there are. */
	from: number;
	height: number;
	width: number;
}

/** What a kernel sees at each place of a band: `[batch, height · width · taps, in]`. */
function patches(padded: Value, window: Window): Value {
	const { graph } = padded;
	const [batch, rows, width, channels] = padded.dims as [Value["dims"][number], number, number, number];
	const { kernel, stride, from, height } = window;
	if (kernel === 1 && stride === 1 && rows === height) return padded;
	const first = pixelSeen(window, from, 0);
	const count = pixelSeen(window, from + height - 1, kernel - 1) - first + 1;
	const bounds = [[first], [first + count], [1]].map((values) => graph.integers(values));
	const dims = [batch, count, width, channels];
	const band = count === rows ? padded : graph.node("Slice", [padded, ...bounds], { dims, type: "uint8" });
	const seen = indices(graph, window, width);
	const pixels = reshape(band, [batch, count * width, channels]);
	const result = { dims: [batch, known(seen, 0), channels], type: "uint8" } as const;
	return graph.node("Gather", [pixels, seen], result, { axis: { int: 1 } });
}

/** The padded row, or column, that a tap of the kernel sees from a row, or column, of the result. */
function pixelSeen({ stride, doubled }: Pick<Window, "stride" | "doubled">, at: number, tap: number): number {
	return doubled ? Math.floor((at + tap + 1) / 2) : at * stride + tap;
}

/** A band's pixels in the order in which its kernels see them: int64 `[height · width · taps]`. */
function indices(graph: Value["graph"], window: Window, paddedWidth: number): Value {
	const { kernel, height, width } = window;
	const seen = (count: number, step: number) =>
		BigInt64Array.from({ length: count * kernel }, (_, i) => {
			return BigInt(step * pixelSeen(window, Math.floor(i / kernel), i % kernel));
		});
	const down = graph.constant(seen(height, paddedWidth), [height, 1, kernel, 1]);
	const across = graph.constant(seen(width, 1), [1, width, 1, kernel]);
	return graph.whileLoading(() => {
		const dims = [height, width, kernel, kernel];
		return reshape(graph.node("Add", [down, across], { dims, type: "int64" }), [height * width * kernel ** 2]);
	});
}
