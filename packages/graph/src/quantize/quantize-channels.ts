import type { ChannelFormat } from "./formats.ts";

/** Weights in the layout of ONNX Runtime's MatMulIntegerToFloat: codes `[parts, columns, rows / parts]`, scales `[rows]`. */
export interface QuantizedChannels {
	readonly codes: Int8Array;
	readonly scales: Float32Array;
}

export function emptyChannels(rows: number, columns: number): QuantizedChannels {
	return { codes: new Int8Array(rows * columns), scales: new Float32Array(rows) };
}

/**
 * Quantises some rows of weights `[rows, columns]`, of a kernel `[rows, inputs, taps]`, from row `from` on, into `target`: each to the
 * nearest of its row's codes, which are spread evenly over both signs of the row's largest magnitude. A kernel's columns become
 * `[taps, inputs]`. Returns false where a weight is not finite.
 */
export function quantizeChannels(
	weights: Float32Array,
	columns: number,
	from: number,
	{ parts, taps, largest }: ChannelFormat,
	{ codes, scales }: QuantizedChannels,
): boolean {
	const width = scales.length / parts;
	for (let row = from, start = 0; start < weights.length; row++, start += columns) {
		let most = 0;
		let finite = 0;
		for (let k = start; k < start + columns; k++) {
			const magnitude = Math.abs(weights[k]!);
			if (magnitude > most) most = magnitude;
			finite += magnitude * 0;
		}
		if (finite !== 0) return false;
		const scale = Math.fround(most / largest);
		const inverse = scale === 0 ? 0 : 1 / scale;
		scales[row] = scale;
		let at = Math.floor(row / width) * columns * width + (row % width);
		for (let tap = 0; tap < taps; tap++) {
			for (let k = start + tap; k < start + columns; k += taps, at += width) {
				// A scale that rounded down would let a code past its end.
				codes[at] = Math.max(-largest, Math.min(largest, Math.round(weights[k]! * inverse)));
			}
		}
	}
	return true;
}
