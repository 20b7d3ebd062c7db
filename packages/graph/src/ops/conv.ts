import { known, type Value } from "../value.ts";
import { asPicture, pixelsOf } from "./channels-last.ts";
import { type ChannelValue, quantizedAffine } from "./quantized.ts";
import { type Conv2dOptions, quantizedConv2d } from "./quantized-conv.ts";

/** `x` `[batch, in, height, width]`, `weight` `[out, in, kernel, kernel]`. */
export function conv2d(x: Value, weight: Value | ChannelValue, bias: Value | null, options: Conv2dOptions = {}): Value {
	const { stride = 1, padding = 0 } = options;
	if ("format" in weight) {
		const ofPixels = weight.format.taps === 1 && stride === 1 && padding === 0;
		// A pixel is a row. Its own range is more exact, which pictures without a norm before them need.
		return ofPixels ? asPicture(quantizedAffine(pixelsOf(x), weight, bias)) : quantizedConv2d(x, weight, bias, options);
	}
	const pads = typeof padding === "number" ? [padding, padding, padding, padding] : padding;
	const [out, kernel] = [known(weight, 0), known(weight, 2)];
	const [top, left, bottom, right] = pads as [number, number, number, number];
	const extent = (size: number, pad: number) => Math.floor((size + pad - kernel) / stride) + 1;
	const dims = [x.dims[0]!, out, extent(known(x, 2), top + bottom), extent(known(x, 3), left + right)];
	const attributes = {
		kernel_shape: { ints: [kernel, kernel] },
		strides: { ints: [stride, stride] },
		pads: { ints: pads },
	};
	return x.graph.node("Conv", bias ? [x, weight, bias] : [x, weight], { dims, type: x.type }, attributes);
}

/** The mean of each 2 × 2 pixels; a last row or column without a twin is left out. */
export function averagePool2x2(x: Value): Value {
	const dims = [x.dims[0]!, x.dims[1]!, Math.floor(known(x, 2) / 2), Math.floor(known(x, 3) / 2)];
	const attributes = { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } };
	return x.graph.node("AveragePool", [x], { dims, type: x.type }, attributes);
}
