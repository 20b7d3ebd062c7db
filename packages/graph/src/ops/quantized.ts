import type { BlockFormat, ChannelFormat } from "../quantize/formats.ts";
import type { Value } from "../value.ts";
import { add, mul } from "./elementwise.ts";
import { rowCodes } from "./rounded.ts";

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

function channelProduct(x: Value, { rows, codes, scales }: ChannelValue): Value {
	const { graph } = x;
	const own = rowCodes(x);
	const dims = [...x.dims.slice(0, -1), rows];
	const inputs = [own.codes, codes, graph.scalar(1), scales, own.zero];
	return mul(graph.node("MatMulIntegerToFloat", inputs, { dims }, {}, "com.microsoft"), own.scale);
}
