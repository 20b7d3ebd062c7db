import { sizeOf } from "@drum/tensor";
import type { BlockFormat, QuantizedDtype, QuantizedFormat, WeightUse } from "./formats.ts";

/** What is held in blocks. */
export const BYTES: BlockFormat = { kind: "blocks", bits: 8, block: 64, zeroPoints: false };
export const NIBBLES: BlockFormat = { kind: "blocks", bits: 4, block: 32, zeroPoints: true };

/** In blocks: matrices with a shorter side weigh little, and are a model's first and last layers. */
const SHORTEST_SIDE = 128;
/** In channels: the first and the last convolution, of a picture's few channels, stay in float32. */
const FEWEST_CHANNELS = 32;
/** What takes one row, as embeddings of the time do, costs memory, not time: it is left in float32 up to so many weights. */
const FEW_WEIGHTS = 2 ** 22;

/** What int8 computes with. */
export interface Int8Arithmetic {
	/** The largest code of a weight; undefined where the device has no such products, so that only blocks are held. */
	readonly largest: number | undefined;
	/** Whether inputs have a few channels a hundred times as large as the others: then blocks of channels get scales of their own. */
	readonly outliers: boolean;
}

/** How a weight of this shape is held; undefined for one that stays as it is. */
export function chooseFormat(
	dtype: QuantizedDtype,
	dims: readonly number[],
	{ parts = 1, oneRow }: WeightUse,
	{ largest, outliers }: Int8Arithmetic,
): QuantizedFormat | undefined {
	if (dtype === "int4" || largest === undefined || outliers) return inBlocks(dtype, dims);
	if (oneRow) return sizeOf(dims) > FEW_WEIGHTS ? inBlocks(dtype, dims) : undefined;
	const [rows = 0, columns = 0, height = 1, width = 1] = dims;
	const isKernel = dims.length === 4 && height === width && width <= 3;
	if ((dims.length !== 2 && !isKernel) || Math.min(rows / parts, columns) < FEWEST_CHANNELS) return undefined;
	return { kind: "channels", parts, taps: height * width, largest };
}

/**
 * Matrices in blocks. `"int4"` keeps 8 bits where there are more columns than rows. Such matrices sum up a model's widest layers,
 * and are a fifth to a third of its weights for a third of its error.
 */
function inBlocks(dtype: QuantizedDtype, dims: readonly number[]): BlockFormat | undefined {
	const [rows = 0, columns = 0] = dims;
	const format = dtype === "int4" && columns <= rows ? NIBBLES : BYTES;
	const fits = dims.length === 2 && columns % format.block === 0 && Math.min(rows, columns) >= SHORTEST_SIDE;
	return fits ? format : undefined;
}
