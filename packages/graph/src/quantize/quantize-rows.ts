import { type BlockFormat, rowParts } from "./formats.ts";

/** Rows of a quantised matrix, in the layout of ONNX Runtime's MatMulNBits. */
export interface QuantizedRows {
	readonly codes: Uint8Array;
	readonly scales: Float32Array;
	readonly zeroPoints: Uint8Array;
}

/**
 * Quantises rows of weights `[rows, columns]`, `columns` a multiple of the block: each weight to the nearest of its block's codes,
 * which are spread evenly, over the block's range and zero where it has a zero point, else over both signs of its largest magnitude.
 * Returns undefined where a weight is not finite.
 */
export function quantizeRows(weights: Float32Array, columns: number, format: BlockFormat): QuantizedRows | undefined {
	const rows = weights.length / columns;
	const parts = rowParts(format, columns);
	const result = {
		codes: new Uint8Array(rows * parts.codes),
		scales: new Float32Array(rows * parts.scales),
		zeroPoints: new Uint8Array(rows * parts.zeroPoints),
	};
	const write = format.bits === 8 ? writeBytes : writeNibbles;
	const { bits, block } = format;
	const top = 2 ** bits - 1;
	const middle = 2 ** (bits - 1);
	const blocks = columns / block;
	for (let i = 0; i < result.scales.length; i++) {
		const start = i * block;
		let least = 0;
		let most = 0;
		let finite = 0;
		for (let k = start; k < start + block; k++) {
			const weight = weights[k]!;
			if (weight < least) least = weight;
			if (weight > most) most = weight;
			finite += weight * 0;
		}
		if (finite !== 0) return undefined;
		const span = format.zeroPoints ? (most - least) / top : Math.max(most, -least) / (middle - 1);
		const scale = Math.fround(span);
		const inverse = scale === 0 ? 0 : 1 / scale;
		const zero = format.zeroPoints ? Math.min((-least * inverse + 0.5) | 0, top) : middle;
		result.scales[i] = scale;
		if (format.zeroPoints)
			setCode(result.zeroPoints, Math.floor(i / blocks) * parts.zeroPoints, i % blocks, zero, bits);
		write(result.codes, weights, start, block, inverse, zero + 0.5);
	}
	return result;
}

function setCode(codes: Uint8Array, start: number, index: number, code: number, bits: 4 | 8): void {
	if (bits === 8) codes[start + index] = code;
	else codes[start + (index >> 1)]! |= code << (4 * (index & 1));
}

// `| 0` of a sum that is not negative is its floor, so that half a code more rounds.

function writeBytes(
	codes: Uint8Array,
	weights: Float32Array,
	start: number,
	block: number,
	inverse: number,
	offset: number,
): void {
	for (let k = start; k < start + block; k++) {
		const code = (weights[k]! * inverse + offset) | 0;
		codes[k] = Math.min(code, 255);
	}
}

function writeNibbles(
	codes: Uint8Array,
	weights: Float32Array,
	start: number,
	block: number,
	inverse: number,
	offset: number,
): void {
	for (let k = start; k < start + block; k += 2) {
		const low = (weights[k]! * inverse + offset) | 0;
		const high = (weights[k + 1]! * inverse + offset) | 0;
		codes[k >> 1] = Math.min(low, 15) | (Math.min(high, 15) << 4);
	}
}
